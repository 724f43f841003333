"""What is learnt: all that the loop knows of any way to learn; and scores of the tokens of answers.

An objective makes a lesson of a sample (in the processes that prepare samples), and a loss of lessons. Losses are sums
that are divided by amounts, of tokens say, which the loop counts over the whole step: so a step has the same gradient
however it is cut into parts, micro-batches and processes.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.data.sample import Sample
from sensorium.inputs.carrier import TrainingInputs
from sensorium.training.learner import Learner, scores
from sensorium.training.lesson import Lesson
from sensorium.training.packing import Packing

PARTS = 3
"""Parts by length that the lessons of a micro-batch are computed in, at most."""

PART_TOKENS = 100
"""What one part more costs, in tokens: its gradients are written and added."""

Amounts = tuple[float, ...]
"""What the sums in an objective's losses are divided by."""


class Part(NamedTuple):
    """Some of a micro-batch's loss: `loss` [] is what gradients are taken of, `shown` what the log says."""

    loss: Tensor
    shown: float


@dataclass(frozen=True, eq=False)
class Marks:
    """How lessons went: `right` [B] bool, and the sum of losses `loss` over the amount `of`."""

    right: Tensor
    loss: float
    of: float


class Tutor(Protocol):
    """Makes lessons; apart from the objective, since it goes to other processes and needs no network."""

    def __call__(self, sample: Sample, *, answered: bool = True) -> Lesson:
        """A lesson about a sample. Raises: InputError for one that the model cannot take."""


class Objective(nn.Module, ABC):
    """A way to learn. Its parameters are the network's, as `model`, and its own.

    tutor: makes its lessons.
    room: talks are packed into rows of so many tokens (training/packing.py), None for one talk a row.
    """

    tutor: Tutor
    room: int | None = None

    @abstractmethod
    def amounts(self, lessons: Sequence[Lesson]) -> Amounts:
        """What the losses of a micro-batch are divided by, if it stands alone."""

    @abstractmethod
    def parts(self, lessons: Sequence[Lesson], amounts: Amounts) -> Iterator[Part]:
        """The loss of a micro-batch, divided by `amounts`, in parts whose sum it is; one graph at a time."""

    @abstractmethod
    def judge(self, lessons: Sequence[Lesson]) -> Marks:
        """How well lessons that were not learnt from are known."""


class Predictions(NamedTuple):
    """Of all learnt tokens of a batch: logits [learnt, V] fp32, ids, weights and samples [learnt]."""

    logits: Tensor
    ids: Tensor
    weights: Tensor
    samples: Tensor

    def losses(self) -> Tensor:
        """Cross-entropy of each token, not weighted: [learnt]."""
        return F.cross_entropy(self.logits, self.ids, reduction="none")

    def summed(self, values: Tensor, samples: int) -> Tensor:
        """Sums over each sample's tokens. Inputs: values: [learnt]. Returns: [samples]."""
        return values.new_zeros(samples).index_add(0, self.samples, values)


def predict(network: Learner, batch: TrainingInputs, packing: Packing | None = None) -> Predictions:
    """Scores of the tokens that are learnt: logits are made only where they are used.

    `packing` is that of the batch's talks, None for none.
    """
    states = network(batch.inputs) if packing is None else packing.states(network, batch.inputs)
    hidden = states[:, :-1]
    learnt = batch.weights[:, 1:] > 0  # [B, T-1]
    logits = scores(network, hidden[learnt]).float()
    return Predictions(logits, batch.inputs.ids[:, 1:][learnt], batch.weights[:, 1:][learnt], learnt.nonzero()[:, 0])


@torch.no_grad()
def answers_right(predictions: Predictions, samples: int) -> Tensor:
    """Which talks are answered right, token for token, by greedy decoding.

    All of an answer's tokens being the likeliest after the true ones before them is the same as greedy decoding giving
    the answer, so one pass tells. Returns: [samples] bool.
    """
    wrong = torch.zeros(samples, dtype=torch.bool, device=predictions.logits.device)
    wrong[predictions.samples[predictions.logits.argmax(dim=-1) != predictions.ids]] = True
    return ~wrong


def by_length(lessons: Sequence[Lesson]) -> list[list[Lesson]]:
    """Lessons in parts of like length, up to PARTS, as many as save more padding than they cost."""
    ordered = sorted(lessons, key=_length)

    def cut(parts: int) -> list[list[Lesson]]:
        size = max(1, -(-len(ordered) // parts))
        return [ordered[start : start + size] for start in range(0, len(ordered), size)]

    def cost(groups: list[list[Lesson]]) -> int:
        return sum(len(group) * _length(group[-1]) + PART_TOKENS for group in groups)

    return min((cut(parts) for parts in range(1, PARTS + 1)), key=cost)


def in_parts(lessons: Sequence[Lesson], room: int | None) -> list[list[Lesson]]:
    """Lessons `by_length`; those that are packed are dealt out instead, so that each part has short ones to fill up."""
    if room is None:
        return by_length(lessons)
    ordered = sorted(lessons, key=_length)
    return [part for start in range(PARTS) if (part := ordered[start::PARTS])]


def _length(lesson: Lesson) -> int:
    return len(lesson.talk.ids)
