"""Intervals against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.statistics import interval


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_newcombe(right: int, count: int, low: float, high: float) -> None:
    """R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3."""
    assert interval([1.0] * right + [0.0] * (count - right)) == pytest.approx((low, high), abs=6e-5)


@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_intervals_hold_the_mean_and_stay_within(scores: list[float]) -> None:
    low, high = interval(scores)
    assert 0.0 <= low <= sum(scores) / len(scores) + 1e-9
    assert sum(scores) / len(scores) - 1e-9 <= high <= 1.0
