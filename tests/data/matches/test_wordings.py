"""Names in sentences, and opposites."""

import numpy as np
import pytest

from sensorium.data.matches.wordings import FILMED, HEARD, SHOWN, opposite, say
from sensorium.data.phrasing import Word


@pytest.mark.parametrize(
    ("words", "turned"),
    [
        ("a red circle moves left", "a red circle moves right"),
        ("a long, low tone", "a short, low tone"),
        ("5 beeps, louder", "5 beeps, quieter"),
        ("a leftover", ""),
        ("silence", ""),
    ],
)
def test_the_first_word_that_has_an_opposite_turns(words: str, turned: str) -> None:
    assert opposite(words) == turned


def test_an_opposite_turns_back() -> None:
    assert opposite(opposite("a shape appears")) == "a shape appears"


def test_every_sentence_has_one_place() -> None:
    assert {each.count("{}") for each in (*SHOWN, *HEARD, *FILMED)} == {1}


def test_names_are_said_in_both_languages() -> None:
    rng = np.random.default_rng(0)
    found = {say(rng, (Word("dog", "狗"),), ("{}", "a photo of {}"), ("{}的照片",)) for _ in range(60)}
    assert found == {"dog", "a photo of dog", "狗的照片"}
