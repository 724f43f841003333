"""Shots, and equal parts of long ones."""

import numpy as np
import pytest

from sensorium.media.types import SAMPLE_RATE, AudioClip, VideoClip
from sensorium.space.index.films import cut_sound, shots, spans


def film(colours: list[tuple[int, int, int]], *, seconds: float = 1.0, sound: bool = False) -> VideoClip:
    """Ten frames of each colour, `seconds` each colour."""
    frames = np.concatenate([np.full((10, 8, 8, 3), colour, np.uint8) for colour in colours])
    length = seconds * len(colours)
    samples = np.repeat(np.arange(len(colours)) / 10, round(seconds * SAMPLE_RATE)).astype(np.float32)
    times = np.arange(len(frames)) * seconds / 10
    return VideoClip(frames, times, length, AudioClip(samples) if sound else None)


def test_a_new_shot_begins_where_the_picture_changes() -> None:
    found = shots(film([(200, 0, 0), (0, 200, 0), (0, 0, 200)], sound=True))
    assert [(shot.begin, shot.end) for shot in found] == [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]
    assert [int(shot.clip.frames[0, 0, 0].argmax()) for shot in found] == [0, 1, 2]
    second = found[1].clip
    assert (second.seconds, second.times[0]) == (1.0, 0.0)
    assert second.sound is not None
    assert set(second.sound.samples.tolist()) == {np.float32(0.1)}


def test_slow_change_is_no_cut() -> None:
    clip = film([(120, 0, 0)])
    clip.frames[:] = np.linspace(100, 124, 10).astype(np.uint8)[:, None, None, None]
    assert len(shots(clip)) == 1


def test_a_long_shot_is_cut_evenly() -> None:
    found = shots(film([(9, 9, 9)], seconds=24.0))
    assert [(shot.begin, shot.end) for shot in found] == [(0.0, 8.0), (8.0, 16.0), (16.0, 24.0)]
    assert sum(len(shot.clip.frames) for shot in found) == 10


def test_a_film_of_one_frame() -> None:
    clip = VideoClip(np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1), 0.0)
    assert [len(shot.clip.frames) for shot in shots(clip)] == [1]


def test_equal_parts() -> None:
    assert spans(0.0, 10.0) == [(0.0, 10.0)]
    assert spans(5.0, 5.0) == [(5.0, 5.0)]
    assert [end for _, end in spans(0.0, 25.0)] == pytest.approx([25 / 3, 50 / 3, 25.0])


def test_a_stretch_of_a_sound() -> None:
    sound = AudioClip(np.arange(SAMPLE_RATE, dtype=np.float32))
    assert cut_sound(sound, 0.25, 0.5).samples.tolist() == list(range(4000, 8000))
