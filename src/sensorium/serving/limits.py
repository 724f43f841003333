"""How much one client, one request and all of them may cost."""

from dataclasses import dataclass, field

from sensorium.media.limits import Limits

MIB = 2**20


@dataclass(frozen=True)
class ServerLimits:
    """Bounds that act while a request is read. Seconds, bytes and counts; `media` are those of one file."""

    body_bytes: int = 48 * MIB
    bodies_bytes: int = 256 * MIB
    """Of all requests that are being read or answered."""

    body_pieces: int = 20_000
    """Pieces that a body may come in."""

    header_seconds: float = 10.0
    body_seconds: float = 60.0
    send_seconds: float = 30.0
    """How long a client may leave its answer unread."""

    depth: int = 64
    """Of JSON."""

    text_characters: int = 1_000_000
    """Of all texts of a request."""

    messages: int = 1_000
    media_parts: int = 32
    answers: int = 8
    """Of one request (`n`)."""

    waiting: int = 64
    """Requests that wait for the model; further ones are sent away with 429."""

    fetch_seconds: float = 10.0
    drain_seconds: float = 30.0
    requests_per_minute: int | None = None
    """Of one key; None for no bound."""

    at_once: int = 64
    """Requests of one key that are being answered."""

    media: Limits = field(default_factory=lambda: Limits(file_bytes=36 * MIB))
