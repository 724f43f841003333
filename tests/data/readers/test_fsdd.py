"""Spoken digits: the unheard speaker never trains, and answers are the digits."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers import fsdd
from sensorium.data.readers.digits import DIGIT_WORDS
from sensorium.data.readers.fsdd import Fsdd
from sensorium.data.sample import Sample
from sensorium.media.types import AudioClip


@pytest.fixture
def spoken(sets: Path, monkeypatch: pytest.MonkeyPatch) -> Fsdd:
    monkeypatch.setattr(fsdd, "augment_speech", lambda samples, rng: samples)
    return Fsdd(sets / "fsdd")


def _level(clip: object) -> int:
    assert isinstance(clip, AudioClip)
    return round(float(np.median(clip.samples)) * 32768 / 100)


def _digit(sample: Sample) -> str:
    return next(turn.answer for turn in sample.turns if turn.kind == "digit")


def test_training_hears_the_other_speakers(spoken: Fsdd) -> None:
    samples = [spoken.train(np.random.default_rng(seed)) for seed in range(200)]
    assert {_level(sample.media[0]) for sample in samples} == set(range(10))
    for sample in samples:
        digit = _level(sample.media[0])
        assert _digit(sample) == str(digit)
        spelt = [turn for turn in sample.turns if turn.kind == "spelling"]
        assert all(turn.answer == DIGIT_WORDS[digit][turn.language] for turn in spelt)


def test_validation_is_the_unheard_speaker_in_turn(spoken: Fsdd) -> None:
    samples = [spoken.validation(index) for index in range(spoken.validation_size)]
    assert [_level(sample.media[0]) for sample in samples] == [50 + index % 10 for index in range(20)]
    assert [_digit(sample) for sample in samples] == [str(index % 10) for index in range(20)]
    assert samples[0].turns[0].question == "Which digit is spoken?"


def test_recordings_become_16_khz(spoken: Fsdd) -> None:
    clip = spoken.spoken_digit(np.random.default_rng(0), 3, validation=True)
    assert clip.seconds == pytest.approx(0.08)


def test_a_digit_can_be_ordered_from_either_side(spoken: Fsdd) -> None:
    rng = np.random.default_rng(0)
    assert {_level(spoken.spoken_digit(rng, 4, validation=False)) for _ in range(9)} == {4}
    assert {_level(spoken.spoken_digit(rng, 4, validation=True)) for _ in range(9)} == {54}


def test_training_changes_the_voice(sets: Path) -> None:
    spoken = Fsdd(sets / "fsdd")
    rng = np.random.default_rng(0)
    lengths = {len(spoken.spoken_digit(rng, 4, validation=False).samples) for _ in range(20)}
    assert len(lengths) > 10


def test_a_foreign_name_is_an_error(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "fsdd-5-speakers-wav.tar.xz", "w:xz") as out:
        out.addfile(tarfile.TarInfo("ten_george_0.wav"), io.BytesIO())
    with pytest.raises(UnreadableMedia, match=r"ten_george_0.wav: expected a name like 7_george_12.wav"):
        Fsdd(tmp_path).validation(0)
