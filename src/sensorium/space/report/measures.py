"""Figures of two clouds of rows of unit length: pure functions of arrays.

Of what belongs together: recall; alignment (Wang and Isola 2020). Of the clouds: uniformity (the same), the modality
gap (Liang et al. 2022), linear centred kernel alignment (Kornblith et al. 2019). Of chances: calibration error.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Table = NDArray[np.bool_]

BINS = 10
"""Of chances, for the calibration error."""


def recall(queries: Rows, gallery: Rows, belongs: Table, ranks: Sequence[int]) -> dict[int, float]:
    """Share of queries with something that belongs to them among the nearest.

    Inputs: queries: [A, D]; gallery: [B, D]; belongs: [A, B]. Queries to which nothing belongs do not count.
    """
    asked = belongs.any(axis=1)
    order = np.argsort(-(queries @ gallery.T), axis=1, kind="stable")
    found = np.take_along_axis(belongs, order, axis=1)[asked]
    return {rank: float(found[:, :rank].any(axis=1).mean()) for rank in ranks}


def chance_recall(belongs: Table, ranks: Sequence[int]) -> dict[int, float]:
    """What an order by chance would give: one minus the chance that none of the first belongs."""
    size = belongs.shape[1]
    own = belongs.sum(axis=1)[belongs.any(axis=1)]
    chances = {}
    for rank in ranks:
        steps = np.arange(min(rank, size))
        missed = np.clip(1.0 - own[:, None] / (size - steps), 0.0, 1.0).prod(axis=1)
        chances[rank] = float(1.0 - missed.mean())
    return chances


def alignment(left: Rows, right: Rows) -> float:
    """Mean squared distance of what belongs together: 0 at best, 2 for what has nothing in common."""
    return float(np.square(left - right).sum(axis=1).mean())


def uniformity(rows: Rows) -> float:
    """Logarithm of E exp(-2 |x - y|^2) over different rows: 0 for one point, about -4 for an even sphere."""
    inner = rows.astype(np.float64) @ rows.T
    distances = np.clip(2.0 - 2.0 * inner, 0.0, None)
    apart = ~np.eye(len(rows), dtype=bool)
    return float(np.log(np.exp(-2.0 * distances[apart]).mean()))


def gap(left: Rows, right: Rows) -> float:
    """Distance of the middles of two modalities."""
    return float(np.linalg.norm(left.mean(axis=0) - right.mean(axis=0)))


def kernel_alignment(left: Rows, right: Rows) -> float:
    """Linear CKA of rows that belong together, in order: 1 where their relations are the same. Inputs: [N, D] both."""
    one, two = (rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64) for rows in (left, right))
    shared = np.linalg.norm(one.T @ two) ** 2
    own = np.linalg.norm(one.T @ one) * np.linalg.norm(two.T @ two)
    return float(shared / own) if own > 0 else 0.0


def calibration_error(chances: NDArray[np.float64], truths: NDArray[np.intp]) -> float:
    """Mean distance of how sure and how often right, in bins of how sure. Inputs: [N, names]; [N]. In 0..1."""
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == truths
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    error = 0.0
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            error += float(inside.mean()) * abs(float(sure[inside].mean()) - float(right[inside].mean()))
    return error


def best_sharpness(cosines: NDArray[np.float64], truths: NDArray[np.intp]) -> float:
    """What cosines [N, names] are multiplied with to make truths likeliest: temperature scaling (Guo et al. 2017).

    The likelihood of a softmax is concave in its scale, so a fine grid of factors finds the best.
    """
    grid = np.geomspace(1.0, 200.0, 160)
    own = cosines[np.arange(len(truths)), truths]
    losses = [float(np.mean(_log_sum(factor * cosines) - factor * own)) for factor in grid]
    return float(grid[int(np.argmin(losses))])


def halves(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Numbers to fit on and numbers to test on, drawn once and for all: sets come with their classes in turn."""
    order = np.random.default_rng(0).permutation(count)
    return np.sort(order[: count // 2]), np.sort(order[count // 2 :])


def _log_sum(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    top = scores.max(axis=1)
    return np.asarray(top + np.log(np.exp(scores - top[:, None]).sum(axis=1)))
