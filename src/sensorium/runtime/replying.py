"""A talk for the engine, and its answers: what is prepared before tokens are made, and what is made of them.

`runtime/answering.py` is the way of one talk that goes on turn by turn. What is judged of an answer is the same; the
weights of modalities are not told here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from sensorium.chat.message import Message, Timings
from sensorium.engine.generate import TokenEvent
from sensorium.engine.sampling import Sampling
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.runtime.answering import answer_of, places_of, prompt, shown, stop_behind, tracks
from sensorium.runtime.judgement import UNSHOWN, strange, unshown
from sensorium.runtime.parts import Parts
from sensorium.runtime.protocol import StreamEvent

Compute = Callable[[Callable[[], ModelInputs]], ModelInputs]
"""Has something computed by the thread that may."""


@dataclass(frozen=True, eq=False)
class Question:
    """A talk that is to be answered. inputs: a batch of one; guess: whatever is said can only be one."""

    parts: Parts
    messages: Sequence[Message]
    talk: Talk
    inputs: ModelInputs
    notices: tuple[str, ...]
    guess: bool

    def fitting(self, sampling: Sampling) -> Sampling:
        """The same way to choose tokens, no more of them than there is room for."""
        return replace(sampling, max_tokens=min(sampling.max_tokens, self.parts.model.max_tokens - len(self.talk.ids)))


def prepare(parts: Parts, messages: Sequence[Message], compute: Compute) -> Question:
    """Ids and features of a talk, and what the user should know of its media.

    Args:
        parts: the model.
        messages: the talk; media need not be as `runtime.answering.shown` gives them.
        compute: for rows of media, which are looked at where it is known what familiar ones are like.

    Raises: as `runtime.answering.prompt`.
    """
    model = parts.model
    fitting, notices = shown(messages, model)
    talk = prompt(model, fitting)
    inputs = model.assembler.batch([talk])
    odd: list[str] = []
    if parts.familiarity and talk.items:  # small models alone have it: rows made twice cost little

        def encode() -> ModelInputs:
            with torch.inference_mode():
                return model.network.encode(inputs)

        odd = strange(parts, compute(encode), [each for message in fitting for each in tracks(message)])
    blind = unshown(parts, talk.items)
    told = (*notices, *odd, *([UNSHOWN.format(name=parts.name)] if blind else []))
    return Question(parts, fitting, talk, inputs, told, blind or bool(odd))


class Reply:
    """One answer while its tokens come from the engine."""

    def __init__(self, question: Question, stops: Sequence[str]) -> None:
        self._question = question
        self._stops = stops
        self._events: list[TokenEvent] = []
        self._said: list[TokenEvent] = []
        self._told = 0
        self._text = ""

    def push(self, event: TokenEvent, timings: Timings) -> Iterator[StreamEvent]:
        """What a token adds: a piece of text or none, and behind the last token the whole answer."""
        model = self._question.parts.model
        self._events.append(event)
        if event.id not in model.stops:
            self._said.append(event)
        self._text += event.text
        if event.text:
            yield StreamEvent(event.text, tokens=self._untold())
        if event.finish is not None:
            yield self._whole(timings)

    def _whole(self, timings: Timings) -> StreamEvent:
        asked = self._question
        model, text = asked.parts.model, self._text
        made = answer_of(asked.parts, text, self._events, timings, asked.talk, guess=asked.guess)
        made = replace(made, notices=asked.notices, places=places_of(model, text, asked.messages, asked.talk))
        cut = self._stops and made.finish_reason == "stop" and self._events[-1].id not in model.stops
        stopped_by = stop_behind(text, model, self._said, self._stops) if cut else None
        return StreamEvent("", made, stopped_by, self._untold())

    def _untold(self) -> tuple[TokenEvent, ...]:
        """Tokens that no piece came with yet."""
        untold = tuple(self._said[self._told :])
        self._told = len(self._said)
        return untold
