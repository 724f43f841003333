"""Which tokens of a talk are answers, for assemblers that do not say it.

Chat templates of open checkpoints do not say where an answer stands. It is found by rendering the talk as far as the
answer, with the invitation to give one, and once more with it: what lies between is the answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch

from sensorium.chat.message import Message
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import TrainingInputs
from sensorium.inputs.templated import Prepared, TemplatedAssembler
from sensorium.media.types import Media
from sensorium.models.answerer import Assembles

MEDIA_KEPT = 32
"""Prepared media that are remembered while the talks about them are rendered."""


@dataclass(frozen=True, eq=False)
class AnswerFinder:
    """Satisfies `training.learner.Teaches` with the assembler of an open checkpoint.

    inner: renders talks. stops: ids that end an answer; an answer is learnt as far as the first of them.
    """

    inner: Assembles
    stops: frozenset[int]

    def talk(self, messages: Sequence[Message], *, ask: bool, weights: Sequence[float] = ()) -> Talk:
        """As of `Teaches`; a last answer that the template leaves open is ended. Raises: as the assembler."""
        talk = self.inner.talk(messages, ask=ask)
        ids, learnt, given = list(talk.ids), [0.0] * len(talk.ids), iter(weights)
        answers = [place for place, message in enumerate(messages) if message.role == "assistant"]
        for place in answers:
            weight = next(given, 1.0)
            start = _alike(self.inner.talk(messages[:place], ask=True).ids, talk.ids)
            whole = talk.ids if place == len(messages) - 1 else self.inner.talk(messages[: place + 1], ask=False).ids
            end = _alike(whole, talk.ids)
            stop = next((at + 1 for at in range(start, end) if ids[at] in self.stops), None)
            learnt[start : stop or end] = [weight] * ((stop or end) - start)
            if stop is None and place == len(messages) - 1 and not ask and self.stops:
                ids.append(min(self.stops))
                learnt.append(weight)
        return Talk(ids, talk.items, learnt)

    def training_batch(self, talks: Sequence[Talk]) -> TrainingInputs:
        """As of `Teaches`. Padding on the right needs no mask."""
        inputs = replace(self.inner.batch(talks), present=None)
        weights = torch.zeros(inputs.ids.shape)
        for row, talk in enumerate(talks):
            weights[row, : len(talk.weights)] = torch.tensor(talk.weights)
        return TrainingInputs(inputs, weights)


def find_answers(assembler: Assembles, stops: frozenset[int]) -> AnswerFinder:
    """An `AnswerFinder` that prepares each medium of a talk once, however often the talk is rendered."""
    if isinstance(assembler, TemplatedAssembler):
        assembler = replace(assembler, prepare=Remembering(assembler.prepare))
    return AnswerFinder(assembler, stops)


@dataclass(frozen=True, eq=False)
class Remembering:
    """Prepares media, the last few only once."""

    prepare: Callable[[Media], Prepared]
    _known: dict[int, tuple[Media, Prepared]] = field(default_factory=dict)

    def __call__(self, medium: Media) -> Prepared:
        """Raises: as `prepare`."""
        known = self._known.get(id(medium))
        if known is None:
            known = medium, self.prepare(medium)  # the medium is kept, so that no other one gets its id
            if len(self._known) == MEDIA_KEPT:
                del self._known[next(iter(self._known))]
            self._known[id(medium)] = known
        return known[1]


def _alike(first: Sequence[int], second: Sequence[int]) -> int:
    """How many ids both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(second)))
