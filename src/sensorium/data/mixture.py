"""Which domain each micro-batch of each step is drawn from, and its samples.

A step is a function of (seed, step) alone: nothing is stored to resume, and any step can be made anywhere.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sensorium.chat.message import Message, assistant, user
from sensorium.core.errors import ConfigError
from sensorium.data.sample import Alike, Domain, Sample


@dataclass(frozen=True)
class Share:
    """How often a domain is drawn relative to the others, and how many samples, of how many turns, a batch has.

    Of a batch, the first `answered` samples are talked about; the others are only named (training/objective.py), which
    costs a third where pictures are small.
    """

    weight: float = 1.0
    batch: int = 32
    turns: int = 8
    answered: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.weight < math.inf or self.batch < 1 or self.turns < 1:
            raise ConfigError(
                f"share: got weight {self.weight}, batch {self.batch} and turns {self.turns}; expected a weight above "
                "0, and a batch and turns of at least 1. Leave out a domain that is not wanted."
            )
        if self.answered is not None and not 1 <= self.answered <= self.batch:
            raise ConfigError(
                f"share: answered is {self.answered}; expected 1 to {self.batch}, the batch, or nothing for all."
            )


@dataclass(frozen=True)
class Mixture:
    """Domains and their shares; `micro_batches` different ones make a step, or all where there are fewer."""

    shares: Mapping[str, Share]
    seed: int
    micro_batches: int = 4
    domains: Mapping[str, Domain] = field(default_factory=dict)

    def plan(self, step: int) -> list[str]:
        """The domain of each micro-batch of a step, none twice."""
        names = list(self.shares)
        weights = np.array([self.shares[name].weight for name in names])
        rng = np.random.default_rng([self.seed, step])
        keys = rng.exponential(size=len(names)) / weights  # the smallest: a draw by weight without replacement
        return [names[index] for index in np.argsort(keys)[: self.micro_batches]]

    def samples(self, step: int) -> list[tuple[str, list[Sample]]]:
        """The micro-batches of a step."""
        batches = []
        for slot, name in enumerate(self.plan(step)):
            rng, share = np.random.default_rng([self.seed, step, slot]), self.shares[name]
            domain = self.domains[name]
            draw = domain.alike(rng) if isinstance(domain, Alike) else domain.train
            drawn = [draw(rng) for _ in range(share.batch)]
            batches.append((name, [replace(sample, turns=sample.turns[: share.turns]) for sample in drawn]))
        return batches


def messages(sample: Sample) -> list[Message]:
    """A sample as a talk: the media stand before the first question."""
    talk: list[Message] = []
    for index, turn in enumerate(sample.turns):
        talk.append(user(*(sample.media if index == 0 else ()), turn.question))
        talk.append(assistant(turn.answer, spelled=turn.measure == "characters"))
    return talk


def weights(sample: Sample) -> Sequence[float]:
    """The loss weight of each answer, in order."""
    return [turn.weight for turn in sample.turns]
