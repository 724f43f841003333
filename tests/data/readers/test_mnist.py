"""Handwritten digits: held-out pictures never train, and answers are the labels."""

from pathlib import Path

import numpy as np
import pytest

from sensorium.data.readers import mnist
from sensorium.data.readers.mnist import Mnist
from sensorium.media.types import Image


@pytest.fixture
def digits(sets: Path, monkeypatch: pytest.MonkeyPatch) -> Mnist:
    """The tiny set, a quarter held out (numbers 30 to 39), with pictures left as they are."""
    monkeypatch.setattr(mnist, "augment_glyph", lambda pixels, rng: pixels)
    monkeypatch.setattr(mnist, "invert", lambda pixels, rng, share: pixels)
    return Mnist(sets / "mnist", held_out=0.25)


def _number(image: Image) -> int:
    return int(image.pixels[0, 0, 0]) // 5


def test_training_shows_the_rest_and_names_it(digits: Mnist) -> None:
    seen = set()
    for seed in range(400):
        sample = digits.train(np.random.default_rng(seed))
        (image,) = sample.media
        assert isinstance(image, Image)
        number = _number(image)
        seen.add(number)
        assert [turn.answer for turn in sample.turns if turn.kind == "digit"] == [str(number % 10)]
    assert seen == set(range(30))


def test_validation_shows_what_was_held_out(digits: Mnist) -> None:
    samples = [digits.validation(index) for index in range(digits.validation_size)]
    images = [sample.media[0] for sample in samples]
    numbers = [_number(image) for image in images if isinstance(image, Image)]
    assert numbers == list(range(30, 40))
    assert [sample.turns[0].answer for sample in samples] == [str(number % 10) for number in numbers]
    assert samples[0].turns[0].question == "Which digit is this?"


def test_a_digit_can_be_ordered_from_either_side(digits: Mnist) -> None:
    rng = np.random.default_rng(0)
    assert {_number(digits.digit_image(rng, 7, validation=False)) for _ in range(60)} == {7, 17, 27}
    assert {_number(digits.digit_image(rng, 7, validation=True)) for _ in range(20)} == {37}


def test_training_varies_size_and_paper(sets: Path) -> None:
    digits = Mnist(sets / "mnist")
    rng = np.random.default_rng(0)
    images = [digits.digit_image(rng, 1, validation=False) for _ in range(100)]
    sides = [image.pixels.shape[0] for image in images]
    assert min(sides) == 28
    assert 28 < max(sides) <= 96
    assert 0.1 < np.mean([image.pixels.mean() > 128 for image in images]) < 0.45
