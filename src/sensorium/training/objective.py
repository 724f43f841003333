"""The objective of instruction tuning: predict the assistant's tokens; and how often all of an answer is right.

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
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.inputs.carrier import ModelInputs, TrainingInputs
from sensorium.models.early import EarlyFusion
from sensorium.nn.norm import RmsNorm
from sensorium.training.lesson import Lesson


@dataclass(frozen=True, eq=False)
class Losses:
    """Sums, to be divided by what they are sums over: `answers` over token weights, `names` over lessons."""

    answers: Tensor
    names: Tensor


class Objective(nn.Module):
    """The model in training, and the norm before its rows are named."""

    def __init__(self, model: EarlyFusion) -> None:
        super().__init__()
        self.model = model
        self.namer = RmsNorm(model.language.width)

    def forward(self, batch: TrainingInputs, lessons: Sequence[Lesson]) -> Losses:
        """Both losses of a batch; that of the answers is 0 where the lessons have none to learn."""
        inputs = self.model.encode(batch.inputs)
        answers = batch.weights.new_zeros(())
        if all(lesson.answered for lesson in lessons):
            logits, targets, weights = _predictions(self.model, replace(batch, inputs=inputs))
            answers = (F.cross_entropy(logits.float(), targets, reduction="none") * weights).sum()
        return Losses(answers, self._name(inputs, lessons))

    def _name(self, inputs: ModelInputs, lessons: Sequence[Lesson]) -> Tensor:
        """Cross-entropy between the named tokens and the wanted ones, each as likely; the mean of each lesson. []."""
        pooled, wanted, shares = [], [], []
        for lesson, rows in zip(lessons, _rows(inputs, lessons), strict=True):
            for name in lesson.names:
                if name.ids:
                    pooled.append(torch.from_numpy(name.rows).to(rows[name.item].device) @ rows[name.item].float())
                    wanted.append(name.ids)
                    shares.append(1.0 / len(lesson.names))
        if not pooled:
            return inputs.ids.new_zeros((), dtype=torch.float32)
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


@torch.no_grad()
def answers_right(model: EarlyFusion, batch: TrainingInputs) -> Tensor:
    """Which talks are answered right, token for token, by greedy decoding.

    All of an answer's tokens being the likeliest after the true ones before them is the same as greedy decoding giving
    the answer, so one pass tells. Returns: [B] bool.
    """
    logits, targets, _ = _predictions(model, batch)
    wrong = torch.zeros(len(batch.weights), dtype=torch.bool, device=batch.weights.device)
    samples = (batch.weights[:, 1:] > 0).nonzero()[:, 0]  # [learnt tokens]
    wrong[samples[logits.argmax(dim=-1) != targets]] = True
    return ~wrong


def _predictions(model: EarlyFusion, batch: TrainingInputs) -> tuple[Tensor, Tensor, Tensor]:
    """Logits [learnt tokens, V], targets and weights [learnt tokens]: logits are made only where they are used."""
    hidden = model(batch.inputs)[:, :-1]
    learnt = batch.weights[:, 1:] > 0  # [B, T-1]
    return model.language.logits(hidden[learnt]), batch.inputs.ids[:, 1:][learnt], batch.weights[:, 1:][learnt]
