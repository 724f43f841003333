"""Several talks at once through the engine: each gets the answer that it would get alone, and all of them sooner.

`runtime/answering.py` is the way of one talk, which goes on turn by turn. What is judged of an answer is the same;
places in media and weights of modalities are not told here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from sensorium.chat.message import Answer, Message, Timings
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.model import Settings
from sensorium.engine.request import Handle, Request
from sensorium.engine.sampling import Sampling
from sensorium.engine.scheduler import Limits
from sensorium.inputs.batching import Talk
from sensorium.runtime.answering import answer_of, prompt, shown, tracks
from sensorium.runtime.judgement import UNSHOWN, strange, unshown
from sensorium.runtime.memory import available
from sensorium.runtime.parts import Parts

LEAST_ROOM = 64 << 20
"""Bytes for keys and values, however little memory is free."""


@dataclass(frozen=True, eq=False)
class Pending:
    """A talk that waits for its answer, or is being answered. `guess`: whatever is said can only be one."""

    parts: Parts
    talk: Talk
    handle: Handle
    notices: Sequence[str]
    guess: bool
    events: list[TokenEvent | None] = field(default_factory=list)

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
        found = answer_of(self.parts, text, events, timings, self.talk, guess=self.guess)
        return replace(found, notices=tuple(self.notices))


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
        parts, model = self.parts, self.parts.model
        fitting, notices = shown(messages, model)
        talk = prompt(model, fitting)
        sampling = replace(sampling, max_tokens=min(sampling.max_tokens, model.max_tokens - len(talk.ids)))
        inputs = model.assembler.batch([talk])
        odd: list[str] = []
        if parts.familiarity:  # small models alone have it: rows made twice cost little
            with torch.inference_mode():
                encoded = model.network.encode(inputs)
            odd = strange(parts, encoded, [each for message in fitting for each in tracks(message)])
        events: list[TokenEvent | None] = []
        handle = self._engine.submit(Request(inputs, sampling), events.append)
        blind = unshown(parts, talk.items)
        told = [*notices, *odd, *([UNSHOWN.format(name=parts.name)] if blind else [])]
        return Pending(parts, talk, handle, told, blind or bool(odd), events)

    def step(self) -> bool:
        """Compute a little. Returns: whether there was anything to do."""
        return self._engine.step()


def room_for(parts: Parts, most: int) -> int:
    """Bytes for the longest talks of so many, but at most a quarter of the memory that is free."""
    token = sum(layer.keys.nbytes + layer.values.nbytes for layer in parts.model.network.new_cache(1, 1).layers)
    free = available()
    room = most * parts.model.max_tokens * token
    return max(room if free is None else min(room, free // 4), LEAST_ROOM)
