"""Answers over HTTP: JSON, server-sent events and lines of JSON, and what every protocol adds of ours."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.responses import Response, StreamingResponse

from sensorium.chat.message import Answer


def to_json(value: object) -> bytes:
    """JSON without a line break."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def json_response(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A whole answer."""
    return Response(to_json(value), status, dict(headers or {}), "application/json")


def event(value: object, name: str | None = None) -> bytes:
    """One server-sent event."""
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + to_json(value) + b"\n\n"


def line(value: object) -> bytes:
    """One line of JSON."""
    return to_json(value) + b"\n"


def stream_response(pieces: AsyncIterator[bytes], media_type: str = "text/event-stream") -> Response:
    """An answer that comes in pieces."""
    return StreamingResponse(
        pieces, media_type=media_type, headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


def known(answer: Answer) -> dict[str, Any]:
    """What is known of an answer and no protocol has a place for: every protocol carries it under "sensorium"."""
    return {
        "confidence": answer.confidence,
        "sure": answer.sure,
        "notices": list(answer.notices),
        "places": [{"kind": type(place).__name__.lower(), **vars(place)} for place in answer.places],
        "timings": vars(answer.timings),
    }
