"""Faults as OpenAI tells them: https://platform.openai.com/docs/guides/error-codes."""

from typing import Any

from sensorium.serving.faults import Fault, Kind

_TYPES: dict[Kind, tuple[str, str | None]] = {
    "unauthorised": ("invalid_request_error", "invalid_api_key"),
    "forbidden": ("permission_error", None),
    "not_found": ("invalid_request_error", None),
    "busy": ("rate_limit_error", "rate_limit_exceeded"),
    "internal": ("server_error", None),
    "unavailable": ("server_error", "unavailable"),
}


def body(fault: Fault) -> dict[str, Any]:
    """The object that tells of a fault; in a stream it is an event of its own."""
    kind, code = _TYPES.get(fault.kind, ("invalid_request_error", None))
    if fault.kind == "not_found" and fault.field == "model":
        code = "model_not_found"
    return {"error": {"message": fault.message, "type": kind, "param": fault.field or None, "code": code}}
