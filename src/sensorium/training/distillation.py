"""To learn from a larger model: its scores of each token of the answers, beside the answers (Hinton et al. 2015).

    loss = told x cross-entropy of the answer + (1 - told) x temperature^2 x KL(teacher || pupil)

Both are shown the same talk, each in the way it was made for; so they may see media differently, but must cut words
into the same tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.data.sample import Sample
from sensorium.inputs.batching import Talk
from sensorium.training.learner import Teaches
from sensorium.training.lesson import Lesson, prepare
from sensorium.training.objective import Amounts, Marks, Objective, Part, Predictions, answers_right, in_parts, predict
from sensorium.training.packing import pack
from sensorium.training.pupil import Pupil
from sensorium.training.stage import Stage


@dataclass(frozen=True, eq=False)
class BesideTutor:
    """Satisfies `objective.Tutor`: the talk as the pupil is shown it, beside it as the teacher is."""

    assembler: Teaches
    teacher: Teaches

    def __call__(self, sample: Sample, *, answered: bool = True) -> Lesson:
        """Both talks. Raises: ConfigError when the two models cut an answer into other tokens."""
        mine, theirs = prepare(sample, self.assembler), prepare(sample, self.teacher)
        if _learnt(mine.talk) != _learnt(theirs.talk):
            raise ConfigError(
                f"stage: the teacher has other tokens for an answer of {sample.domain} than the model; expected one "
                "with the same tokenizer and template. Choose another teacher."
            )
        return replace(mine, beside=theirs.talk, answered=answered)


class Distillation(Objective):
    """Answers that the teacher would give too."""

    def __init__(self, pupil: Pupil, teacher: Pupil, stage: Stage, *, room: int | None = None) -> None:
        """Build from two models; `room`: as `Objective.room`.

        Raises: ConfigError when they have not the same number of tokens.
        """
        super().__init__()
        self.model = pupil.network
        self.teacher = teacher.network
        teacher.module.requires_grad_(False)
        mine, theirs = (len(each.language.embedding.weight) for each in (pupil.network, teacher.network))
        if mine != theirs:
            raise ConfigError(
                f"stage: the teacher has {theirs} tokens and the model {mine}; expected the same tokenizer. Choose "
                "another teacher."
            )
        self.assembler, self.beside = pupil.assembler, teacher.assembler
        self.stage = stage
        self.room = room
        self.tutor = BesideTutor(pupil.assembler, teacher.assembler)

    def amounts(self, lessons: Sequence[Lesson]) -> Amounts:
        """Token weights of the answers."""
        return (sum(sum(lesson.talk.weights) for lesson in lessons) or 1.0,)

    def parts(self, lessons: Sequence[Lesson], amounts: Amounts) -> Iterator[Part]:
        """Lessons of like length together."""
        for some in in_parts(lessons, self.room):
            loss = (self._losses(self._told(some), some)).sum() / amounts[0]
            yield Part(loss, loss.item())

    @torch.no_grad()
    def judge(self, lessons: Sequence[Lesson]) -> Marks:
        """Answers that greedy decoding would give; loss by token weight."""
        told = self._told(lessons)
        loss = self._losses(told, lessons).sum()
        return Marks(answers_right(told, len(lessons)), loss.item(), told.weights.sum().item())

    def _told(self, lessons: Sequence[Lesson]) -> Predictions:
        talks = [lesson.talk for lesson in lessons]
        batch = self.assembler.training_batch(talks).to(self.model.language.embedding.weight.device)
        return predict(self.model, batch, pack(talks, self.room))

    def _losses(self, told: Predictions, lessons: Sequence[Lesson]) -> Tensor:
        """Of each learnt token, weighted: [learnt]."""
        softness = self.stage.temperature
        talks = [lesson.beside for lesson in lessons if lesson.beside is not None]
        batch = self.beside.training_batch(talks).to(told.ids.device)
        with torch.no_grad():
            scores = predict(self.teacher, batch, pack(talks, self.room)).logits
        distance = F.kl_div(
            (told.logits / softness).log_softmax(dim=-1),
            (scores / softness).log_softmax(dim=-1),
            reduction="none",
            log_target=True,
        ).sum(dim=-1)
        return told.weights * (self.stage.told * told.losses() + (1 - self.stage.told) * softness**2 * distance)


def _learnt(talk: Talk) -> list[int]:
    return [token for token, weight in zip(talk.ids, talk.weights, strict=True) if weight > 0]
