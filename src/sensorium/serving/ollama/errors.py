"""Faults as Ollama tells them."""

from sensorium.serving.faults import Fault


def body(fault: Fault) -> dict[str, str]:
    """The object that tells of a fault; in a stream it is a line of its own."""
    return {"error": fault.message}
