"""Measure how sure a model may be, and write it into its folder (runtime/calibration.py reads it).

Curves are fitted on one half of the outcomes and judged on the other; strangeness is learnt from training media and
its limit set on validation media.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sensorium.evaluation.suite import Outcome
from sensorium.runtime.calibration import Curve, Familiarity

RIGHT = 0.999
"""An answer counts as right from this score on (a read line with one wrong letter is wrong)."""
AXES = 24
CENTRES = 48
BINS = 10


@dataclass(frozen=True)
class Reliability:
    """How stated chances and outcomes agree: per bin (mean stated chance, share right, count), and in one number."""

    bins: tuple[tuple[float, float, int], ...]
    error: float


def fit_curve(outcomes: Sequence[Outcome]) -> Curve:
    """Isotonic regression of being right on token probability (pool adjacent violators), thinned to its corners."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.probability)
    blocks: list[list[float]] = []  # [sum of right, count, sum of probability]
    for outcome in ordered:
        blocks.append([float(outcome.score >= RIGHT), 1.0, outcome.probability])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [first + second for first, second in zip(blocks[-1], last, strict=True)]
    # One answer more of each kind in every block keeps the ends off 0 and 1, which no sample can show.
    chances = [(right + 0.5) / (count + 1.0) for right, count, _ in blocks]
    return Curve(
        raw=tuple(round(total / count, 6) for _, count, total in blocks),
        chance=tuple(round(chance, 4) for chance in np.maximum.accumulate(chances)),
    )


def reliability(pairs: Iterable[tuple[float, bool]]) -> Reliability:
    """Expected calibration error over ten bins of equal width, of (stated chance, right) pairs."""
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


def fit_familiarity(vectors: Tensor, *, seed: int = 0) -> Familiarity:
    """Whitened axes of the vectors and the centres of their clusters (k-means, Lloyd's steps).

    Inputs: vectors: [media, D].
    """
    mean = vectors.mean(dim=0)
    _, values, basis = torch.linalg.svd(vectors - mean, full_matrices=False)
    keep = min(AXES, len(values))
    scale = values[:keep] / len(vectors) ** 0.5
    axes = basis[:keep].T / scale.clamp(min=1e-6)  # [D, A]
    points = (vectors - mean) @ axes
    return Familiarity(mean, axes, _centres(points, seed))


def _centres(points: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    centres = points[torch.randperm(len(points), generator=generator)[:CENTRES]]
    for _ in range(25):
        nearest = torch.cdist(points, centres).argmin(dim=1)
        centres = torch.stack(
            [
                points[nearest == k].mean(dim=0) if bool((nearest == k).any()) else centres[k]
                for k in range(len(centres))
            ]
        )
    return centres


def limit(distances: NDArray[np.float64], share: float = 0.99) -> float:
    """The distance within which this share of familiar media lies."""
    return float(np.quantile(distances, share))
