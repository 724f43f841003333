"""Animated WebP."""

from typing import Any

import numpy as np
import pytest
from tests.odd_pictures import encoded, gradient

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import VideoClip


def webp(frames: int, duration: Any = 40, side: int = 20) -> bytes:
    pictures = [gradient(side, side).rotate(90 * turn) for turn in range(frames)]
    return encoded(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], duration=duration, lossless=True)


def read(data: bytes, **limits: Any) -> VideoClip:
    clip = load_media(data, limits=Limits(**limits), name="w")
    assert isinstance(clip, VideoClip)
    return clip


def test_frames_and_times_are_exact() -> None:
    clip = read(webp(4, [100, 500, 30, 1000]))
    assert clip.times == pytest.approx([0, 0.1, 0.6, 0.63])
    assert clip.seconds == pytest.approx(1.63)
    assert np.array_equal(clip.frames[1], np.asarray(gradient(20, 20).rotate(90)))


def test_long_ones_are_sampled_from_end_to_end() -> None:
    clip = read(webp(61), frames=4)
    assert clip.times == pytest.approx([0, 0.8, 1.6, 2.4])
    assert clip.seconds == pytest.approx(2.44)


def test_frames_are_scaled_down() -> None:
    assert read(webp(2, side=40), frame_side=10).frames.shape == (2, 10, 10, 3)


@pytest.mark.parametrize("limit", [{"video_seconds": 0.3}, {"video_work": 40_000}, {"frame_pixels": 300}, {"side": 10}])
def test_limits(limit: dict[str, Any]) -> None:
    with pytest.raises(LimitExceeded, match="w: "):
        read(webp(10), **limit)


def test_damage_after_the_first_frames_costs_only_the_later_ones() -> None:
    data = bytearray(webp(4))
    last = data.rindex(b"ANMF")
    picture = last + 8 + 16 + 8  # behind the headers of the frame and of its picture
    data[picture + 8 : picture + 60] = b"\xff" * 52
    clip = read(bytes(data))
    assert len(clip.frames) == 3
    assert clip.notices == ("w: 1 of 4 chosen frames cannot be decoded.",)


def test_cut_short() -> None:
    with pytest.raises(UnreadableMedia, match="w: damaged or incomplete animated WebP"):
        read(webp(4)[:-60])
