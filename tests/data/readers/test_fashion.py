"""Clothes: held-out pictures never train, answers are the labels, questions about use are true."""

from pathlib import Path

import numpy as np
import pytest

from sensorium.data.readers import fashion
from sensorium.data.readers.fashion import CLOTHES, IS_SHOE, SHOES, FashionMnist
from sensorium.data.sample import Sample
from sensorium.media.types import Image


@pytest.fixture
def clothes(sets: Path, monkeypatch: pytest.MonkeyPatch) -> FashionMnist:
    """The tiny set, a quarter held out (numbers 30 to 39), with pictures left as they are."""
    monkeypatch.setattr(fashion, "_vary", lambda pixels, rng: pixels)
    return FashionMnist(sets / "fashion-mnist", held_out=0.25)


def _number(sample: Sample) -> int:
    (image,) = sample.media
    assert isinstance(image, Image)
    return int(image.pixels[0, 0, 0]) // 5


def test_training_shows_the_rest_and_names_it(clothes: FashionMnist) -> None:
    samples = [clothes.train(np.random.default_rng(seed)) for seed in range(400)]
    assert {_number(sample) for sample in samples} == set(range(30))
    for sample in samples:
        word = CLOTHES[_number(sample) % 10].word
        named = [turn for turn in sample.turns if turn.kind in ("name", "which of 2", "which of 4")]
        assert named
        assert all(turn.answer == word[turn.language] for turn in named)


def test_validation_shows_what_was_held_out(clothes: FashionMnist) -> None:
    samples = [clothes.validation(index) for index in range(clothes.validation_size)]
    assert [_number(sample) for sample in samples] == list(range(30, 40))
    assert [samples[index].turns[0].answer for index in (0, 5, 9)] == ["t-shirt", "sandal", "ankle boot"]
    assert samples[0].turns[0].question == "What is this?"


def test_shoes_are_shoes_and_worn_on_the_feet(clothes: FashionMnist) -> None:
    wordings = {wording.rstrip("?？").lower() for wording in (*IS_SHOE.en, *IS_SHOE.zh)}
    asked = 0
    for seed in range(600):
        sample = clothes.train(np.random.default_rng(seed))
        shoe = _number(sample) % 10 in SHOES
        for turn in sample.turns:
            if turn.question.rstrip("?？").lower() in wordings:
                asked += 1
                assert (turn.answer in ("yes", "是")) == shoe
            if turn.kind == "use":
                assert (turn.answer in ("feet", "脚上")) == shoe
    assert asked > 50
