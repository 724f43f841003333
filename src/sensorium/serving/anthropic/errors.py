"""Faults as Anthropic tells them: https://docs.anthropic.com/en/api/errors."""

from typing import Any

from sensorium.serving.faults import Fault, Kind

_TYPES: dict[Kind, str] = {
    "unauthorised": "authentication_error",
    "forbidden": "permission_error",
    "not_found": "not_found_error",
    "timeout": "timeout_error",
    "too_large": "request_too_large",
    "busy": "rate_limit_error",
    "internal": "api_error",
    "unavailable": "overloaded_error",
}


def status(fault: Fault) -> int:
    """The HTTP status, of which this protocol has one of its own."""
    return 529 if fault.kind == "unavailable" else fault.status


def body(fault: Fault, id_: str) -> dict[str, Any]:
    """The object that tells of a fault; in a stream it is an event named "error"."""
    kind = _TYPES.get(fault.kind, "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": fault.message}, "request_id": id_}
