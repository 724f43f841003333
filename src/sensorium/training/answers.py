"""To learn from answers: predict the assistant's tokens.

A second task helps at the start: from the mean of some of a medium's rows alone, name the tokens that tell what is
there (SuperClass, Huang et al. 2024: text tokens as class labels). Of a whole medium these are the tokens of the
answers; of a region that a generator knows the place of, its own words. Without this task a decoder trained from
nothing learns what answers look like long before it learns to look: gradients at the encoders die away within fifty
steps, and a digit is still a guess after three hundred. Names are scored by the decoder's own embedding, so that rows
come to lie among the words that they stand for; only the norm before it is thrown away after training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sensorium.core.errors import ConfigError
from sensorium.data.sample import Sample
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.carrier import ModelInputs
from sensorium.nn.norm import RmsNorm
from sensorium.training.learner import Teaches
from sensorium.training.lesson import Lesson, prepare, prepare_named
from sensorium.training.objective import Amounts, Marks, Objective, Part, answers_right, in_parts, predict
from sensorium.training.packing import pack
from sensorium.training.pupil import Pupil

NAMING = 0.5
"""The weight of names beside answers, where a recipe does not say it and there are names."""


@dataclass(frozen=True, eq=False)
class Losses:
    """Sums, to be divided by what they are sums over: `answers` over token weights, `names` over lessons."""

    answers: Tensor
    names: Tensor


@dataclass(frozen=True, eq=False)
class AnswerTutor:
    """Satisfies `objective.Tutor`."""

    assembler: Teaches

    def __call__(self, sample: Sample, *, answered: bool = True) -> Lesson:
        """The talk. Raises: InputError for a sample that the model cannot take."""
        return prepare(sample, self.assembler, answered=answered)


@dataclass(frozen=True, eq=False)
class NamingTutor:
    """Satisfies `objective.Tutor`; media are named too."""

    assembler: Assembler

    def __call__(self, sample: Sample, *, answered: bool = True) -> Lesson:
        """The talk and names. Raises: as `AnswerTutor`."""
        return prepare_named(sample, self.assembler, answered=answered)


class Answers(Objective):
    """Cross-entropy of answers, and of names."""

    def __init__(self, pupil: Pupil, naming: float | None = None, *, room: int | None = None) -> None:
        """Build.

        Args:
            pupil: who learns.
            naming: weight of the names; None for the usual one where the model can have names, else none.
            room: as `Objective.room`.

        Raises: ConfigError for names of media of which it is not known how their rows lie.
        """
        super().__init__()
        self.model = pupil.network
        self.assembler = pupil.assembler
        self.room = room
        self.namer = RmsNorm(pupil.network.language.width)
        named = pupil.family == "nano"
        if naming and not named:
            raise ConfigError(
                f"recipe: naming is {naming}, but only rows of nano's media can be named, and the model is of the "
                f"family {pupil.family}. Leave naming out."
            )
        self.naming = (NAMING if named else 0.0) if naming is None else naming
        self.tutor = (
            NamingTutor(pupil.assembler)
            if self.naming and isinstance(pupil.assembler, Assembler)
            else AnswerTutor(pupil.assembler)
        )

    def amounts(self, lessons: Sequence[Lesson]) -> Amounts:
        """Token weights of the answers, and lessons."""
        return sum(sum(lesson.talk.weights) for lesson in lessons if lesson.answered) or 1.0, float(len(lessons))

    def parts(self, lessons: Sequence[Lesson], amounts: Amounts) -> Iterator[Part]:
        """The answered lessons in parts of like length, then those that are only named."""
        weights, count = amounts
        named = [lesson for lesson in lessons if not lesson.answered] if self.naming else []
        for some in (*in_parts([lesson for lesson in lessons if lesson.answered], self.room), named):
            if some:
                losses = self(some)
                yield Part(
                    losses.answers / weights + self.naming * losses.names / count, losses.answers.item() / weights
                )

    def forward(self, lessons: Sequence[Lesson]) -> Losses:
        """Both losses of a batch; each is 0 where the lessons have none of it to learn."""
        talks = [lesson.talk for lesson in lessons]
        batch = self.assembler.training_batch(talks).to(self.namer.weight.device)
        inputs = self.model.encode(batch.inputs) if self.naming else batch.inputs
        answers = batch.weights.new_zeros(())
        if all(lesson.answered for lesson in lessons):
            predictions = predict(self.model, replace(batch, inputs=inputs), pack(talks, self.room))
            answers = (predictions.losses() * predictions.weights).sum()
        return Losses(answers, self._name(inputs, lessons))

    @torch.no_grad()
    def judge(self, lessons: Sequence[Lesson]) -> Marks:
        """Answers that greedy decoding would give; loss by token weight."""
        talks = [lesson.talk for lesson in lessons]
        batch = self.assembler.training_batch(talks).to(self.namer.weight.device)
        told = predict(self.model, batch, pack(talks, self.room))
        loss = (told.losses() * told.weights).sum()
        return Marks(answers_right(told, len(lessons)), loss.item(), told.weights.sum().item())

    def _name(self, inputs: ModelInputs, lessons: Sequence[Lesson]) -> Tensor:
        """Cross-entropy between the named tokens and the wanted ones, each as likely; the mean of each lesson. []."""
        if not any(name.ids for lesson in lessons for name in lesson.names):
            return inputs.ids.new_zeros((), dtype=torch.float32)
        pooled, wanted, shares = [], [], []
        for lesson, rows in zip(lessons, _rows(inputs, lessons), strict=True):
            for name in lesson.names:
                if name.ids:
                    pooled.append(torch.from_numpy(name.rows).to(rows[name.item].device) @ rows[name.item].float())
                    wanted.append(name.ids)
                    shares.append(1.0 / len(lesson.names))
        logits = self.model.language.logits(self.namer(torch.stack(pooled)))  # [N, V]
        scores = logits.float().log_softmax(dim=-1)
        places = torch.tensor([index for index, ids in enumerate(wanted) for _ in ids], device=scores.device)
        tokens = torch.tensor([token for ids in wanted for token in ids], device=scores.device)
        likely = torch.tensor(
            [share / len(ids) for ids, share in zip(wanted, shares, strict=True) for _ in ids], device=scores.device
        )
        return -(scores[places, tokens] * likely).sum()


def _rows(inputs: ModelInputs, lessons: Sequence[Lesson]) -> Iterator[list[Tensor]]:
    """The rows of each lesson's media, in its talk's order: a batch holds them by modality."""
    ready = {batch.modality: iter(batch.rows) for batch in inputs.media}
    for lesson in lessons:
        yield [next(ready[item.modality]) for item in lesson.talk.items]
