"""Faults as Gemini tells them: https://ai.google.dev/gemini-api/docs/troubleshooting."""

from typing import Any

from sensorium.serving.faults import Fault, Kind

_STATES: dict[Kind, str] = {
    "unauthorised": "UNAUTHENTICATED",
    "forbidden": "PERMISSION_DENIED",
    "not_found": "NOT_FOUND",
    "method": "NOT_FOUND",
    "timeout": "DEADLINE_EXCEEDED",
    "busy": "RESOURCE_EXHAUSTED",
    "internal": "INTERNAL",
    "unavailable": "UNAVAILABLE",
}


def body(fault: Fault) -> dict[str, Any]:
    """The object that tells of a fault; in a stream it is a piece of its own."""
    state = _STATES.get(fault.kind, "INVALID_ARGUMENT")
    return {"error": {"code": fault.status, "message": fault.message, "status": state, "details": []}}
