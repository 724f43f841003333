"""Values as SQLite keeps them."""

import numpy as np

from sensorium.space.index.rows import any_word, checksum, conditions, packed, path_bytes, path_text, unpacked
from sensorium.space.index.types import Filter


def test_places_survive() -> None:
    rows = np.random.default_rng(0).standard_normal((3, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(unpacked([packed(row) for row in rows], 8), rows, atol=5e-4)
    assert unpacked([], 8).shape == (0, 8)


def test_any_path_survives() -> None:
    assert path_text(path_bytes("/odd\udcff/图.png")) == "/odd\udcff/图.png"


def test_a_checksum_sees_each_part() -> None:
    whole = checksum(b"v", b"t", "w")
    assert whole not in {checksum(b"x", b"t", "w"), checksum(b"v", b"x", "w"), checksum(b"v", b"t", "x")}


def test_words_are_words() -> None:
    assert any_word("Red, red CAR's!") == '"red" OR "car" OR "s"'
    assert any_word("*&") == ""


def test_no_filter_is_no_condition() -> None:
    assert conditions(Filter()) == ("1", [])
    assert not Filter()
    assert Filter(kinds=("image",))
