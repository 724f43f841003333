"""Several talks at once through the engine: each gets the answer that it would get alone, and all of them sooner.

`runtime/answering.py` is the way of one talk, which goes on turn by turn. What is judged of an answer is the same;
places in media and weights of modalities are not told here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sensorium.chat.message import Answer, Message, Timings
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.model import Settings
from sensorium.engine.request import Handle, Request
from sensorium.engine.sampling import Sampling
from sensorium.engine.scheduler import Limits
from sensorium.runtime.answering import answer_of
from sensorium.runtime.memory import available
from sensorium.runtime.parts import Parts
from sensorium.runtime.replying import Question, prepare

LEAST_ROOM = 64 << 20
"""Bytes for keys and values, however little memory is free."""


@dataclass(frozen=True, eq=False)
class Pending:
    """A talk that waits for its answer, or is being answered."""

    question: Question
    handle: Handle
    events: list[TokenEvent | None]

    @property
    def done(self) -> bool:
        """Whether there is an answer, or an error."""
        return self.handle.done

    def answer(self) -> Answer:
        """The answer, once `done`. Raises: what the request ended with."""
        if self.handle.error is not None:
            raise self.handle.error
        events = [event for event in self.events if event is not None]
        text = "".join(event.text for event in events)
        timings = Timings(first_token=self.handle.figures.first_token, total=self.handle.figures.total)
        asked = self.question
        found = answer_of(asked.parts, text, events, timings, asked.talk, guess=asked.guess)
        return replace(found, notices=asked.notices)


class Together:
    """Answers talks about one model, up to `most` at once; whoever calls `step` computes."""

    def __init__(self, parts: Parts, *, most: int) -> None:
        self.parts = parts
        self.most = most
        room = room_for(parts, most)
        self._engine = Engine(parts.model, Settings(name=parts.name, cache_bytes=room, limits=Limits(rows=most)))

    def ask(self, messages: Sequence[Message], sampling: Sampling) -> Pending:
        """Put a talk into the queue. Media need not be as `runtime.answering.shown` gives them.

        Raises: as `runtime.answering.prompt`; LimitExceeded also for more than the caches hold; QueueFull.
        """
        question = prepare(self.parts, messages, lambda make: make())
        events: list[TokenEvent | None] = []
        handle = self._engine.submit(Request(question.inputs, question.fitting(sampling)), events.append)
        return Pending(question, handle, events)

    def step(self) -> bool:
        """Compute a little. Returns: whether there was anything to do."""
        return self._engine.step()


def room_for(parts: Parts, most: int) -> int:
    """Bytes for the longest talks of so many, but at most a quarter of the memory that is free."""
    token = sum(layer.keys.nbytes + layer.values.nbytes for layer in parts.model.network.new_cache(1, 1).layers)
    free = available()
    room = most * parts.model.max_tokens * token
    return max(room if free is None else min(room, free // 4), LEAST_ROOM)
