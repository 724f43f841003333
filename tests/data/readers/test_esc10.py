"""Sounds around us: the held-out fold never trains, and answers are the labels."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers import esc10
from sensorium.data.readers.esc10 import IS_ANIMAL, LABELS, SOUNDS, Esc10
from sensorium.data.sample import Sample
from sensorium.media.types import AudioClip


@pytest.fixture
def sounds(sets: Path, monkeypatch: pytest.MonkeyPatch) -> Esc10:
    monkeypatch.setattr(esc10, "augment_sound", lambda samples, rng: samples)
    return Esc10(sets / "esc10")


def _clip(sample: Sample) -> AudioClip:
    (clip,) = sample.media
    assert isinstance(clip, AudioClip)
    return clip


def _level(sample: Sample) -> int:
    return round(float(_clip(sample).samples[0]) * 32768 / 100) - 1


def test_training_hears_pieces_of_the_other_folds(sounds: Esc10) -> None:
    samples = [sounds.train(np.random.default_rng(seed)) for seed in range(200)]
    assert {_level(sample) for sample in samples} == set(range(10))
    lengths = [_clip(sample).seconds for sample in samples]
    assert 1.9 < min(lengths) < 2.2 < 2.9 < max(lengths) <= 3.0
    for sample in samples:
        word = SOUNDS[LABELS[_level(sample)]].word
        named = [turn for turn in sample.turns if turn.kind in ("sound", "which of 2", "which of 4")]
        assert named
        assert all(turn.answer == word[turn.language] for turn in named)


def test_validation_is_the_held_out_fold_whole(sounds: Esc10) -> None:
    samples = [sounds.validation(index) for index in range(sounds.validation_size)]
    assert [_level(sample) for sample in samples] == [50 + place for place in range(10)]
    assert {_clip(sample).seconds for sample in samples} == {3.0}
    assert (samples[0].turns[0].question, samples[0].turns[0].answer) == ("What do you hear?", "dog barking")


def test_animals_are_animals(sounds: Esc10) -> None:
    wordings = {wording.rstrip("?？").lower() for wording in (*IS_ANIMAL.en, *IS_ANIMAL.zh)}
    asked = []
    for seed in range(300):
        sample = sounds.train(np.random.default_rng(seed))
        animal = LABELS[_level(sample)] in ("dog", "rooster")
        answers = [turn.answer for turn in sample.turns if turn.question.rstrip("?？").lower() in wordings]
        asked += answers
        assert all((answer in ("yes", "是")) == animal for answer in answers)
        assert all((turn.answer in ("animal", "动物")) == animal for turn in sample.turns if turn.kind == "source")
    assert len(asked) > 20


def test_a_piece_holds_the_event() -> None:
    sound = np.zeros(5 * 16_000, np.int16)
    sound[60_000:61_000] = 9000  # one bark
    rng = np.random.default_rng(0)
    heard = [esc10._piece(sound, rng).max() == 9000 for _ in range(100)]
    assert np.mean(heard) > 0.95


def test_a_sound_without_a_label_is_an_error(sets: Path, tmp_path: Path) -> None:
    shutil.copy(sets / "esc10" / "esc10-folds1-4-16k-flac.tar", tmp_path)
    (tmp_path / "meta.csv").write_text("file,fold,label\n", encoding="utf-8")
    with pytest.raises(UnreadableMedia, match=r"no known label in meta.csv"):
        Esc10(tmp_path).validation(0)
