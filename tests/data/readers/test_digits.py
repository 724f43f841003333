"""What is asked about a known digit is true."""

import re

import numpy as np
import pytest

from sensorium.data.readers.digits import ask_is, ask_parity, ask_size
from sensorium.data.readers.mnist import IS_DIGIT

DIGITS = range(10)


@pytest.mark.parametrize("digit", DIGITS)
def test_parity(digit: int) -> None:
    rng = np.random.default_rng(digit)
    for _ in range(60):
        turn = ask_parity(rng, digit)
        if turn.answer in ("yes", "no", "是", "不是"):
            even = any(word in turn.question for word in ("even", "偶数", "two"))
            assert (turn.answer in ("yes", "是")) == (even == (digit % 2 == 0))
        else:
            assert turn.answer in (("even", "偶数") if digit % 2 == 0 else ("odd", "奇数"))


@pytest.mark.parametrize("digit", DIGITS)
def test_size(digit: int) -> None:
    rng = np.random.default_rng(digit)
    for _ in range(60):
        turn = ask_size(rng, digit)
        limit = int(re.findall(r"\d", turn.question)[0])
        assert (turn.answer in ("yes", "是")) == (digit > limit)


@pytest.mark.parametrize("digit", DIGITS)
def test_identity(digit: int) -> None:
    rng = np.random.default_rng(digit)
    turns = [ask_is(rng, digit, IS_DIGIT) for _ in range(80)]
    for turn in turns:
        asked = int(re.findall(r"\d", turn.question)[0])
        assert (turn.answer in ("yes", "是")) == (digit == asked)
        assert " a 8" not in turn.question
    assert 0.25 < np.mean([turn.answer in ("yes", "是") for turn in turns]) < 0.75
