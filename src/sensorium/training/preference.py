"""To learn from pairs: direct preference optimisation (Rafailov et al. 2023).

Of two answers to a question the better one is to become likelier than the worse one, by comparison with the model at
the start, whose distance `beta` keeps small:

    loss = -log sigmoid(beta ((better - better at the start) - (worse - worse at the start)))

with log-probabilities of whole answers. What is frozen stays as it was at the start, so both share it: beside adapters
the start takes little more memory than they do.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError, UnreadableMedia
from sensorium.data.mixture import messages
from sensorium.data.sample import Sample
from sensorium.inputs.carrier import TrainingInputs
from sensorium.training.freezing import frozen
from sensorium.training.learner import Learner, Teaches
from sensorium.training.lesson import Lesson
from sensorium.training.objective import Amounts, Marks, Objective, Part, in_parts, predict
from sensorium.training.packing import Packing, pack
from sensorium.training.pairs import Pair
from sensorium.training.pupil import Pupil


@dataclass(frozen=True, eq=False)
class PairTutor:
    """Satisfies `objective.Tutor`: the talk with the better answer, beside it the one with the worse."""

    assembler: Teaches

    def __call__(self, sample: Sample, *, answered: bool = True) -> Lesson:
        """Both talks; of their answers the last alone is learnt.

        Raises: ConfigError for a sample without a worse answer; UnreadableMedia for one whose answers are the same.
        """
        if not isinstance(sample, Pair):
            raise ConfigError(
                f"{sample.domain}: has answers alone, but preferences are learnt from pairs. Give a file with columns "
                "prompt, chosen and rejected."
            )
        better, worse = messages(sample), sample.worse()
        weights = [0.0] * (sum(message.role == "assistant" for message in better) - 1) + [1.0]
        talk, beside = (self.assembler.talk(each, ask=False, weights=weights) for each in (better, worse))
        if talk.ids == beside.ids:
            raise UnreadableMedia(f"{sample.source}: chosen and rejected are the same. Remove the record.")
        return Lesson(talk, beside=beside, answered=answered)


class Preference(Objective):
    """Better answers become likelier than worse ones."""

    def __init__(self, pupil: Pupil, beta: float, *, room: int | None = None) -> None:
        """Build; the model as it now is becomes what distances are measured from. `room`: as `Objective.room`."""
        super().__init__()
        self.model = pupil.network
        self.start = cast("Learner", _as_it_is(pupil.module))
        self.beta = beta
        self.room = room
        self.assembler = pupil.assembler
        self.tutor = PairTutor(pupil.assembler)

    def amounts(self, lessons: Sequence[Lesson]) -> Amounts:
        """Pairs."""
        return (float(len(lessons)),)

    def parts(self, lessons: Sequence[Lesson], amounts: Amounts) -> Iterator[Part]:
        """Pairs of like length together."""
        for some in in_parts(lessons, self.room):
            loss = self._losses(self._margins(some)).sum() / amounts[0]
            yield Part(loss, loss.item())

    @torch.no_grad()
    def judge(self, lessons: Sequence[Lesson]) -> Marks:
        """Right is a pair whose better answer has become likelier, by comparison, than the worse one."""
        margins = self._margins(lessons)
        return Marks(margins > 0, self._losses(margins).sum().item(), float(len(lessons)))

    def _losses(self, margins: Tensor) -> Tensor:
        return -F.logsigmoid(self.beta * margins)

    def _margins(self, lessons: Sequence[Lesson]) -> Tensor:
        """By how much the better answers have gained on the worse ones since the start: [pairs]."""
        talks = [talk for lesson in lessons for talk in lesson.talks]  # better, worse, better, worse …
        batch = self.assembler.training_batch(talks).to(self.model.language.embedding.weight.device)
        packing = pack(talks, self.room)
        with torch.no_grad():
            before = self._likelihoods(self.start, batch, packing)
        gains = self._likelihoods(self.model, batch, packing) - before
        return gains[::2] - gains[1::2]

    @staticmethod
    def _likelihoods(network: Learner, batch: TrainingInputs, packing: Packing | None) -> Tensor:
        """Log-probabilities of whole answers: [talks]."""
        told = predict(network, batch, packing)
        return told.summed(-told.losses(), len(batch.weights))


def _as_it_is(module: nn.Module) -> nn.Module:
    """A frozen copy of what learns in a module; the rest is the module's own."""
    shared = {id(each): each for each in frozen(module).values()}
    return copy.deepcopy(module, shared).requires_grad_(False)
