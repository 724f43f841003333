"""What a comparison finds: of every run how many answers were right in which condition; means and intervals of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.core.statistics import interval
from sensorium.evaluation.fusion.settings import Settings

WHOLE = "whole"
"""The condition in which nothing is damaged; the others are "image blank" and so on."""

_DRAWS = 2000
_SEED = 31


@dataclass(frozen=True)
class Tally:
    """How many of the questions of one kind were answered right."""

    right: int
    asked: int


@dataclass(frozen=True)
class Measured:
    """A condition: answers by kind of question; mean shares of the modalities, None for a model without gates."""

    answers: dict[str, Tally]
    weights: dict[str, float] | None


@dataclass(frozen=True)
class Point:
    """A moment of training: loss of held-out answers, and the share of them right, by kind of question."""

    step: int
    loss: dict[str, float]
    right: dict[str, float]


@dataclass(frozen=True)
class Run:
    """One fusion, trained from one seed.

    parameters: of the model. tokens: of a whole question, media and words. milliseconds: to answer one, the median.
    conditions: by name.
    """

    fusion: str
    seed: int
    parameters: int
    tokens: float
    milliseconds: float
    conditions: dict[str, Measured]
    curve: tuple[Point, ...]


@dataclass(frozen=True)
class Comparison:
    """All runs, the settings that they share, and the machine that times were measured on."""

    settings: Settings
    machine: str
    runs: tuple[Run, ...]

    @property
    def fusions(self) -> tuple[str, ...]:
        """Names of the fusions, in order."""
        return tuple(dict.fromkeys(run.fusion for run in self.runs))

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions, in order."""
        return tuple(self.runs[0].conditions)

    def of(self, fusion: str) -> list[Run]:
        """The runs of a fusion."""
        return [run for run in self.runs if run.fusion == fusion]

    def share(self, fusion: str, condition: str, kind: str) -> "Share":
        """Answers right of a fusion, over all its seeds."""
        return over_seeds([run.conditions[condition].answers[kind] for run in self.of(fusion)])

    def weight(self, fusion: str, condition: str, modality: str) -> float | None:
        """The mean share of a modality in the answers of a fusion; None where it has no gates."""
        found = [weights for run in self.of(fusion) if (weights := run.conditions[condition].weights) is not None]
        return mean(weights[modality] for weights in found) if found else None


@dataclass(frozen=True)
class Share:
    """A share of answers, and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} ({self.low:.2f}-{self.high:.2f})"


def over_seeds(tallies: Sequence[Tally]) -> Share:
    """The share right over runs of different seeds.

    Two things vary: from which seed a model comes, and what it is asked. The interval is a bootstrap over both (seeds
    are drawn, then answers of each); where that is narrower than Wilson's over all answers, as for few seeds or shares
    of 0 and 1, it is widened to that one.
    """
    right, asked = np.array([(each.right, each.asked) for each in tallies]).T
    rng = np.random.default_rng(_SEED)
    seeds = rng.integers(len(tallies), size=(_DRAWS, len(tallies)))
    draws = (rng.binomial(asked[seeds], (right / asked)[seeds]) / asked[seeds]).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    total = int(right.sum())
    least, most = interval([1.0] * total + [0.0] * (int(asked.sum()) - total))
    return Share(float((right / asked).mean()), min(float(low), least), max(float(high), most))


def mean(values: Iterable[float]) -> float:
    """Of at least one value."""
    found = list(values)
    return sum(found) / len(found)
