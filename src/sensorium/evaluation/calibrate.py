"""Measure how sure a model may be, and write it into its folder (runtime/calibration.py reads it).

Each half of the outcomes is judged by curves fitted on the other. What is familiar is learnt from training media, and
the limit of it set on validation media.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sensorium.evaluation.suite import Outcome
from sensorium.runtime.calibration import Curve, Familiarity

RIGHT = 0.999
"""An answer counts as right from this score on (a read line with one wrong letter is wrong)."""
AXES = 24
LEAST_SIZE = 1e-3
"""An axis along which vectors vary less, relative to the first one, is noise."""
ROUNDNESS = 0.05
"""Added to the variance of a kind along every axis: a hundred media do not show all that a kind can be."""
BINS = 10
PLACES = 6
"""Probabilities that are equal to so many decimal places are one."""


@dataclass(frozen=True)
class Reliability:
    """How stated chances and outcomes agree: per bin (mean stated chance, share right, count), and in one number."""

    bins: tuple[tuple[float, float, int], ...]
    error: float


def fit_curve(outcomes: Sequence[Outcome]) -> Curve:
    """Isotonic regression of being right on token probability, as a line through the middles of its steps.

    Steps are smoothed, which keeps the ends off 0 and 1: no sample can show those.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.probability)
    tied = (list(group) for _, group in groupby(ordered, key=lambda outcome: round(outcome.probability, PLACES)))
    steps = pool(Step(sum(map(right, group)), len(group), sum(each.probability for each in group)) for group in tied)
    # Half an answer more of each kind in every step; a small step may then stand above the next, so they meet again.
    steps = pool(Step(step.right + 0.5, step.count + 1.0, step.middle * (step.count + 1.0)) for step in steps)
    return Curve(
        raw=tuple(round(step.middle, PLACES) for step in steps),
        chance=tuple(round(step.share, 4) for step in steps),
    )


def right(outcome: Outcome) -> bool:
    """Whether an answer counts as right."""
    return outcome.score >= RIGHT


@dataclass(frozen=True)
class Step:
    """Neighbouring answers: how many are right, how many there are, the sum of their probabilities."""

    right: float
    count: float
    probability: float

    @property
    def share(self) -> float:
        """How often they are right."""
        return self.right / self.count

    @property
    def middle(self) -> float:
        """Their mean probability."""
        return self.probability / self.count


def pool(steps: Iterable[Step]) -> list[Step]:
    """Merge neighbours until shares rise from step to step (pool adjacent violators): the nearest such shares."""
    rising: list[Step] = []
    for step in steps:
        merged = step
        while rising and rising[-1].share >= merged.share:
            last = rising.pop()
            merged = Step(last.right + merged.right, last.count + merged.count, last.probability + merged.probability)
        rising.append(merged)
    return rising


def reliability(pairs: Iterable[tuple[float, bool]]) -> Reliability:
    """Expected calibration error over ten bins of equal width, of at least one (stated chance, right) pair."""
    chances, rights = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    places = np.minimum((chances * BINS).astype(int), BINS - 1)
    bins = []
    error = 0.0
    for place in range(BINS):
        here = places == place
        if here.any():
            stated, share, count = float(chances[here].mean()), float(rights[here].mean()), int(here.sum())
            bins.append((round(stated, 4), round(share, 4), count))
            error += count / len(chances) * abs(stated - share)
    return Reliability(tuple(bins), round(error, 4))


def fit_familiarity(kinds: Sequence[Tensor]) -> Familiarity:
    """The main axes of all vectors, and among them the Gaussian of each kind.

    Inputs: kinds: per kind [media, D].
    """
    everything = torch.cat(list(kinds))
    mean = everything.mean(dim=0)
    _, sizes, basis = torch.linalg.svd(everything - mean, full_matrices=False)
    keep = int((sizes[:AXES] > LEAST_SIZE * sizes[0]).sum())
    axes = basis[:keep].T * (len(everything) ** 0.5 / sizes[:keep])  # [D, A]
    points = [(vectors - mean) @ axes for vectors in kinds]
    return Familiarity(
        mean=mean,
        axes=axes,
        centres=torch.stack([each.mean(dim=0) for each in points]),
        spreads=torch.stack([_spread(each - each.mean(dim=0)) for each in points]),
    )


def _spread(offsets: Tensor) -> Tensor:
    """What makes the covariance of offsets from a centre the unit matrix. Shapes: [media, A] to [A, A]."""
    covariance = offsets.T @ offsets / len(offsets)
    sizes, basis = torch.linalg.eigh(covariance + ROUNDNESS * torch.eye(len(covariance)))
    return basis / sizes.sqrt()


def limit(distances: NDArray[np.float64], share: float = 0.99) -> float:
    """The distance within which this share of familiar media lies."""
    return float(np.quantile(distances, share))
