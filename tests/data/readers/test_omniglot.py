"""Characters: held-out drawers never train, and "the same" is the same by two hands."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers import omniglot
from sensorium.data.readers.grey import coloured
from sensorium.data.readers.omniglot import ALPHABETS, Omniglot
from sensorium.data.sample import Sample
from sensorium.media.types import Image


@pytest.fixture
def characters(sets: Path, monkeypatch: pytest.MonkeyPatch) -> Omniglot:
    """Six drawers, of which the last two are held out."""
    monkeypatch.setattr(omniglot, "_vary", lambda drawing, rng: coloured(drawing))
    return Omniglot(sets / "omniglot-small", held_out=2)


def _items(sample: Sample) -> list[tuple[int, int]]:
    """Character (of all 15) and drawer of each picture."""
    values = [int(image.pixels[0, 0, 0]) for image in sample.media if isinstance(image, Image)]
    return [(value // 12, value % 12 // 2) for value in values]


def _check(sample: Sample) -> None:
    items = _items(sample)
    for turn in sample.turns:
        if turn.kind == "same":
            assert (turn.answer in ("yes", "是")) == (items[0][0] == items[1][0])
            assert items[0] != items[1]
        if turn.kind in ("alphabet", "which of 2"):
            assert turn.answer == tuple(ALPHABETS.values())[items[0][0] // 3].word[turn.language]
        if turn.kind == "letter":
            assert turn.answer in {6: "alpha", 7: "beta", 8: "gamma", 12: "a", 13: "b", 14: "c"}[items[0][0]]


def test_training_shows_the_first_drawers(characters: Omniglot) -> None:
    samples = [characters.train(np.random.default_rng(seed)) for seed in range(300)]
    assert {drawer for sample in samples for _, drawer in _items(sample)} == {0, 1, 2, 3}
    for sample in samples:
        _check(sample)
    assert any(turn.kind == "letter" for sample in samples for turn in sample.turns)


def test_validation_shows_the_last_drawers(characters: Omniglot) -> None:
    samples = [characters.validation(index) for index in range(characters.validation_size)]
    assert {drawer for sample in samples for _, drawer in _items(sample)} == {4, 5}
    for sample in samples:
        _check(sample)
    same = [sample.turns[0].answer in ("yes", "是") for sample in samples if len(sample.media) == 2]
    assert np.mean(same) == 0.5


def test_a_set_without_an_alphabet_is_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images_background_small1.zip", "w"):
        pass
    with pytest.raises(UnreadableMedia, match="under two characters of Balinese"):
        Omniglot(tmp_path).validation(0)
