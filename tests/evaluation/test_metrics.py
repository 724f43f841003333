"""Scores of answers by hand-made cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.data.sample import Measure, Turn
from sensorium.evaluation.metrics import edit_distance, score


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
