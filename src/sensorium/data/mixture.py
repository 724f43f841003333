"""Which domain each micro-batch of each step is drawn from, and its samples.

A step is a function of (seed, step) alone: nothing is stored to resume, and any step can be made anywhere.

    mixture:
      scenes: { weight: 2 }                                                    a domain by its name
      boots: { file: boots.json, media: pictures, validation: 0.1, weight: 5 }   a file of one's own
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from sensorium.chat.message import Message, assistant, user
from sensorium.core.errors import ConfigError
from sensorium.data.records.told import Told
from sensorium.data.sample import Alike, Domain, Sample


@dataclass(frozen=True)
class Share:
    """How often a domain is drawn relative to the others, and how many samples, of how many turns, a batch has.

    Of a batch, the first `answered` samples are talked about; the others are only named (training/objective.py), which
    costs a third where pictures are small.

    file: of records (data/records), where it is no domain of the catalogue; its paths of media begin in `media`, the
    folder of the file by default. `validation` is the share of records held out, or another file with them. `columns`
    are our names of columns to the file's. Paths are relative to the working folder.
    """

    weight: float = 1.0
    batch: int = 32
    turns: int = 8
    answered: int | None = None
    file: str | None = None
    media: str | None = None
    validation: float | str = 0.1
    columns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file is None and (self.media is not None or self.columns or self.validation != 0.1):
            raise ConfigError(
                "share: got media, validation or columns, which are those of a file, and no file. Name it: file: "
                "data.json."
            )
        if isinstance(self.validation, float | int) and not 0.0 <= self.validation < 1.0:
            raise ConfigError(
                f"share: validation is {self.validation}; expected a share from 0 to under 1, or a file. Correct it."
            )
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

    def draws(self, step: int) -> Iterator[tuple[str, Iterator[Sample]]]:
        """The micro-batches of a step, each without an end: more samples than a batch, where some cannot be used."""
        for slot, name in enumerate(self.plan(step)):
            yield name, self._drawn(name, np.random.default_rng([self.seed, step, slot]))

    def samples(self, step: int) -> list[tuple[str, list[Sample]]]:
        """The micro-batches of a step."""
        return [(name, list(islice(drawn, self.shares[name].batch))) for name, drawn in self.draws(step)]

    def _drawn(self, name: str, rng: np.random.Generator) -> Iterator[Sample]:
        domain = self.domains[name]
        draw = domain.alike(rng) if isinstance(domain, Alike) else domain.train
        while True:
            sample = draw(rng)
            yield replace(sample, turns=sample.turns[: self.shares[name].turns])


def messages(sample: Sample) -> list[Message]:
    """A sample as a talk: the media stand before the first question, or where a record has them."""
    if isinstance(sample, Told):
        return sample.messages()
    talk: list[Message] = []
    for index, turn in enumerate(sample.turns):
        talk.append(user(*(sample.media if index == 0 else ()), turn.question))
        talk.append(assistant(turn.answer, spelled=turn.measure == "characters"))
    return talk


def weights(sample: Sample) -> Sequence[float]:
    """The loss weight of each answer, in order."""
    return [turn.weight for turn in sample.turns]
