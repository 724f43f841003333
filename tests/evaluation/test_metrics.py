"""Scores of answers by hand-made cases, intervals against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.data.sample import Measure, Turn
from sensorium.evaluation.metrics import edit_distance, interval, score


@pytest.mark.parametrize(
    ("measure", "truth", "answer", "expected"),
    [
        ("exact", "a boot", " A boot. ", 1.0),
        ("exact", "靴子", "靴子。", 1.0),
        ("exact", "a boot", "boot", 0.0),
        ("exact", "", "", 1.0),
        ("number", "20", "21", 1.0),
        ("number", "20", "21.1", 0.0),
        ("number", "20", "19", 1.0),
        ("number", "20", "18.9", 0.0),
        ("number", "-4", "-4.1", 1.0),
        ("number", "-4", "4", 0.0),
        ("number", "0", "0.0", 1.0),
        ("number", "0", "0.01", 0.0),
        ("number", "12", "it is 12 or 90", 1.0),
        ("number", "12", "90 or 12", 0.0),
        ("number", "12", "I do not know", 0.0),
        ("number", "12", "", 0.0),
        ("number", "12", "9" * 400, 0.0),
        ("number", "none", "None.", 1.0),
        ("number", "none", "3", 0.0),
        ("characters", "HELLO", "HELLO", 1.0),
        ("characters", "HELLO", "HALLO", 0.8),
        ("characters", "HELLO", "HELL", 0.8),
        ("characters", "HELLO", "HHELLO", 0.8),
        ("characters", "HELLO", "", 0.0),
        ("characters", "AB", "XYXYXY", 0.0),
        ("characters", "hello", "HELLO", 0.0),
        ("characters", "", "", 1.0),
        ("box", "10,10,30,30", "10,10,30,30", 1.0),
        ("box", "0,0,10,10", "0,0,10,5", 1.0),
        ("box", "0,0,10,10", "0,0,10,4.9", 0.0),
        ("box", "0,0,10,10", "0,0,20,10", 1.0),
        ("box", "0,0,10,10", "5,5,15,15", 0.0),
        ("box", "0,0,10,10", "20,20,30,30", 0.0),
        ("box", "0,0,10,10", "10,10,0,0", 0.0),
        ("box", "0,0,10,10", "0,0,10", 0.0),
        ("box", "0,0,0,0", "0,0,0,0", 0.0),
        ("box", "there is none", "There is none.", 1.0),
    ],
)
def test_scores(measure: Measure, truth: str, answer: str, expected: float) -> None:
    assert score(Turn("?", truth, "kind", measure=measure), answer) == pytest.approx(expected)


def test_edit_distance() -> None:
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == edit_distance("abc", "") == 3


words = st.text(alphabet="ab", max_size=5)


@given(first=words, second=words, third=words)
def test_edit_distance_is_a_distance(first: str, second: str, third: str) -> None:
    assert (edit_distance(first, second) == 0) == (first == second)
    assert edit_distance(first, second) == edit_distance(second, first)
    assert edit_distance(first, third) <= edit_distance(first, second) + edit_distance(second, third)


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
