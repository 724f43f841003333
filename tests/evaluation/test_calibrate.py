"""Curves against a solution by brute force, reliability on made data, familiar and strange clusters."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sensorium.data.sample import Turn
from sensorium.evaluation.calibrate import Step, fit_curve, fit_familiarity, limit, pool, reliability
from sensorium.evaluation.suite import Outcome

Make = Callable[..., Any]


def outcomes_of(pairs: list[tuple[float, bool]]) -> list[Outcome]:
    turn = Turn("?", "a", "kind")
    return [Outcome(0, turn, probability=probability, score=float(right)) for probability, right in pairs]


# Curves


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 4), st.integers(1, 4)).map(lambda each: Step(min(each), each[1], 0.0)),
        min_size=1,
        max_size=8,
    )
)
def test_pooled_shares_are_the_nearest_rising_ones(steps: list[Step]) -> None:
    """The least-squares solution has a closed form: the largest over all beginnings of the smallest mean over ends."""

    def mean(first: int, last: int) -> float:
        part = steps[first : last + 1]
        return sum(step.right for step in part) / sum(step.count for step in part)

    size = len(steps)
    best = [max(min(mean(j, k) for k in range(i, size)) for j in range(i + 1)) for i in range(size)]
    pooled = pool(steps)
    counts = np.cumsum([step.count for step in steps])
    ends = np.cumsum([step.count for step in pooled])
    spread = [pooled[int(np.searchsorted(ends, count))].share for count in counts]
    assert spread == pytest.approx(best)
    shares = [step.share for step in pooled]
    assert all(low < high for low, high in pairwise(shares))


pairs = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=30)


@given(pairs=pairs, seed=st.integers(0, 5))
def test_curves_do_not_depend_on_order(pairs: list[tuple[float, bool]], seed: int) -> None:
    mixed = [pairs[index] for index in np.random.default_rng(seed).permutation(len(pairs))]
    assert fit_curve(outcomes_of(pairs)) == fit_curve(outcomes_of(mixed))


@given(pairs=pairs)
def test_curves_rise_and_are_never_certain(pairs: list[tuple[float, bool]]) -> None:
    curve = fit_curve(outcomes_of(pairs))
    assert list(curve.chance) == sorted(curve.chance)
    assert 0.0 < curve.chance[0] <= curve.chance[-1] < 1.0


def test_one_wrong_answer_at_the_end_lifts_nothing() -> None:
    rare = [(0.01, False)] + [(0.2, index % 10 == 0) for index in range(1000)] + [(0.9, True)] * 1000
    curve = fit_curve(outcomes_of(rare))
    assert curve(0.2) == pytest.approx(0.1, abs=0.002)
    assert curve(0.9) == pytest.approx(1.0, abs=0.001)


def test_a_curve_finds_the_chances() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(4000)
    curve = fit_curve(outcomes_of([(each, bool(rng.random() < each**2)) for each in said]))
    for probability in (0.2, 0.5, 0.8, 0.95):
        assert curve(probability) == pytest.approx(probability**2, abs=0.06)


def test_a_line_with_one_wrong_letter_is_wrong() -> None:
    outcomes = [Outcome(0, Turn("?", "a", "kind"), probability=0.5, score=0.98)] * 9
    assert fit_curve(outcomes).chance == (0.05,)


# Reliability


def test_what_is_as_stated_has_no_error() -> None:
    made = [(0.25, index % 4 == 0) for index in range(40)] + [(0.75, index % 4 != 0) for index in range(40)]
    assert reliability(made).bins == ((0.25, 0.25, 40), (0.75, 0.75, 40))
    assert reliability(made).error == 0.0


def test_the_error_is_the_mean_gap_of_an_answer() -> None:
    made = [(1.0, False)] * 10 + [(0.5, True)] * 30
    assert reliability(made).error == pytest.approx((10 * 1.0 + 30 * 0.5) / 40)
    assert reliability(made).bins == ((0.5, 1.0, 30), (1.0, 0.0, 10))


# Familiarity


def clusters() -> tuple[torch.Tensor, torch.Tensor]:
    """Two kinds in six dimensions: one round, one long in the first."""
    draw = torch.Generator().manual_seed(0)
    stretch = torch.tensor([5.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    here = torch.randn(300, 6, generator=draw)
    there = torch.randn(300, 6, generator=draw) * stretch + torch.tensor([0.0, 20.0, 0.0, 0.0, 0.0, 0.0])
    return here, there


def test_what_lies_between_two_kinds_is_strange() -> None:
    here, there = clusters()
    known = fit_familiarity((here[:200], there[:200]))
    farthest = limit(np.array([known.distance(each) for each in torch.cat((here[200:], there[200:]))]))
    assert farthest < 5.0
    between = torch.tensor([0.0, 10.0, 0.0, 0.0, 0.0, 0.0])
    along, across = (torch.eye(6)[axis] * 12.0 + there.mean(dim=0) for axis in (0, 1))
    assert known.distance(between) > farthest
    assert known.distance(along) < farthest < known.distance(across)


def test_the_same_vectors_give_the_same() -> None:
    first, again = (fit_familiarity(clusters()) for _ in range(2))
    assert torch.equal(first.spreads, again.spreads)


@pytest.mark.parametrize("vectors", [torch.ones(1, 6), torch.ones(5, 6)])
def test_one_medium_or_equal_ones_are_a_kind(vectors: torch.Tensor) -> None:
    assert fit_familiarity((vectors,)).distance(torch.ones(6)) == pytest.approx(0.0)


def test_axes_of_noise_are_not_looked_at() -> None:
    flat = torch.randn(50, 6, generator=torch.Generator().manual_seed(1)) * torch.tensor([1.0, 1, 1, 1e-6, 1e-6, 0.0])
    assert fit_familiarity((flat,)).axes.shape == (6, 3)
