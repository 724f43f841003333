"""What can go wrong with a request, told apart from how each protocol says it."""

from dataclasses import dataclass
from typing import Literal

from sensorium.core.errors import InputError, MissingPackage, SensoriumError, UnsupportedMedia, UsageError

Kind = Literal[
    "invalid",
    "unauthorised",
    "forbidden",
    "not_found",
    "method",
    "timeout",
    "too_large",
    "unsupported",
    "misdirected",
    "busy",
    "internal",
    "unavailable",
]

STATUS: dict[Kind, int] = {
    "invalid": 400,
    "unauthorised": 401,
    "forbidden": 403,
    "not_found": 404,
    "method": 405,
    "timeout": 408,
    "too_large": 413,
    "unsupported": 415,
    "misdirected": 421,
    "busy": 429,
    "internal": 500,
    "unavailable": 503,
}

LEAST_WAIT = 1.0
"""Seconds after which a request that was sent away may come again, at the earliest."""

FAILED = "The model failed on this request. Send it again; if it stays so, tell the operator the id of the request."


class Refusal(SensoriumError):
    """A request that is refused: of what kind, for which field, and after how many seconds it may come again."""

    def __init__(self, kind: Kind, message: str, *, field: str = "", wait: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.field = field
        self.wait = wait


def busy(count: int, seconds: float) -> Refusal:
    """Too many wait. Args: count: of them; seconds: after which there may be room."""
    message = f"{count} requests wait for the model; expected fewer. Send it again later."
    return Refusal("busy", message, wait=max(LEAST_WAIT, round(seconds)))


def stopping() -> Refusal:
    """The server ends."""
    return Refusal("unavailable", "The server is stopping; expected to answer. Send it again in a while.", wait=5.0)


@dataclass(frozen=True)
class Fault:
    """What a client is told. `field` is the one at fault, "" for none; `wait` the seconds for `Retry-After`."""

    kind: Kind
    message: str
    field: str = ""
    wait: float | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.kind]


def fault_of(error: SensoriumError) -> Fault:
    """What a client is told of an error. Those of models are not repeated: they may name the operator's files."""
    match error:
        case Refusal():
            return Fault(error.kind, str(error), error.field, error.wait)
        case MissingPackage():
            return Fault("internal", FAILED)
        case UnsupportedMedia():
            return Fault("unsupported", str(error))
        case InputError() | UsageError():
            return Fault("invalid", str(error))
        case _:
            return Fault("internal", FAILED)
