"""What is known of a request while it is answered: for the log and the measures, none of it the client's words."""

import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from time import perf_counter

from starlette.requests import HTTPConnection

from sensorium.chat.message import Timings, Usage

KEY = "sensorium.visit"


@dataclass
class Visit:
    """One request. `id` is ours: one that a client sends is never used."""

    id: str = field(default_factory=lambda: f"req_{uuid.uuid4().hex}")
    began: float = field(default_factory=perf_counter)
    holder: str = ""
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    body_bytes: int = 0
    status: int = 0
    first_token: float = 0.0
    total: float = 0.0
    """Seconds of the answer that ended last, from when the model was asked."""

    ends: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)
    """What ends with the request, however it ends."""

    def count(self, model: str, usage: Usage, timings: Timings | None = None) -> None:
        """Add an answer's tokens. Args: model: its id, of the shelf."""
        self.model = model
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        if timings is not None:
            self.first_token, self.total = timings.first_token, timings.total


def visit_of(connection: HTTPConnection) -> Visit:
    """The visit that the wall noted for a request."""
    found: Visit = connection.scope[KEY]
    return found
