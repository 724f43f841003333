"""Photographs of objects: held-out ones never train, and answers are our words for the labels."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers import caltech
from sensorium.data.readers.caltech import LABELS, Caltech
from sensorium.data.readers.caltech_names import NAMES
from sensorium.data.sample import Sample
from sensorium.media.types import Image


@pytest.fixture
def photos(sets: Path, monkeypatch: pytest.MonkeyPatch) -> Caltech:
    monkeypatch.setattr(caltech, "augment_photo", lambda pixels, rng: pixels)
    return Caltech(sets / "caltech101-small")


def _item(sample: Sample) -> tuple[int, int]:
    """Class and number in it, from the colour."""
    (image,) = sample.media
    assert isinstance(image, Image)
    red, green, _ = image.pixels.reshape(-1, 3).mean(axis=0)
    return round(red / 4), round(green / 50)


def test_training_shows_the_first_of_each_class(photos: Caltech) -> None:
    for seed in range(300):
        sample = photos.train(np.random.default_rng(seed))
        label, number = _item(sample)
        assert number < 4
        word = NAMES[LABELS[label]].word
        named = [turn for turn in sample.turns if turn.kind in ("name", "which of 2", "which of 4")]
        assert named
        assert all(turn.answer == word[turn.language] for turn in named)


def test_validation_shows_the_last_of_each_class(photos: Caltech) -> None:
    samples = [photos.validation(index) for index in range(photos.validation_size)]
    assert [_item(sample) for sample in samples] == [(label, 4) for label in range(len(LABELS))]
    turn = samples[LABELS.index("ketch (sailing boat)")].turns[0]
    assert (turn.question, turn.answer) == ("What is this?", "sailing boat")


def test_only_training_pictures_are_scaled_to_the_sides(photos: Caltech, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caltech, "SIDES", (6, 12))
    trained = [photos.train(np.random.default_rng(seed)).media[0] for seed in range(20)]
    assert {image.pixels.shape for image in trained if isinstance(image, Image)} == {(4, 6, 3), (8, 12, 3)}
    (image,) = photos.validation(0).media
    assert isinstance(image, Image)
    assert image.pixels.shape == (16, 24, 3)


def test_names_are_unique_in_both_languages() -> None:
    assert len({thing.word.en for thing in NAMES.values()}) == len({thing.word.zh for thing in NAMES.values()}) == 58


def test_a_photo_without_a_label_is_an_error(sets: Path, tmp_path: Path) -> None:
    shutil.copy(sets / "caltech101-small" / "caltech101-58classes-128px.tar", tmp_path)
    (tmp_path / "meta.csv").write_text("file,label\naccordion/image_0.jpg,unicorn\n", encoding="utf-8")
    with pytest.raises(UnreadableMedia, match=r"no known label in meta.csv"):
        Caltech(tmp_path).validation(0)
