"""Media to bytes and back."""

import numpy as np
import pytest
from tests.odd_pictures import gradient
from tests.odd_streams import numbered, tone

from sensorium.media.encode import encode_audio, encode_image, encode_video
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip, Image, VideoClip

PICTURE = Image(np.asarray(gradient()))
CLIP = VideoClip(numbered(5), np.array([0, 0.1, 0.5, 0.6, 1.4]), 2.0, AudioClip(tone()))


def test_png_is_exact() -> None:
    back = load_media(encode_image(PICTURE))
    assert isinstance(back, Image)
    assert np.array_equal(back.pixels, PICTURE.pixels)


def test_jpeg_is_close() -> None:
    back = load_media(encode_image(PICTURE, "jpeg", quality=95))
    assert isinstance(back, Image)
    assert np.abs(back.pixels.astype(int) - PICTURE.pixels).mean() < 3


def test_wav_is_exact_to_16_bits() -> None:
    back = load_media(encode_audio(AudioClip(tone() * 3)))
    assert isinstance(back, AudioClip)
    assert np.abs(back.samples - np.clip(tone() * 3, -1, 1)).max() < 1e-4


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_video_keeps_frames_times_and_length(kind: str) -> None:
    back = load_media(encode_video(CLIP, kind))  # type: ignore[arg-type]
    assert isinstance(back, VideoClip)
    assert back.times == pytest.approx(CLIP.times)
    assert back.seconds == pytest.approx(2.0)
    assert back.frames.mean((1, 2, 3)) == pytest.approx(CLIP.frames.mean((1, 2, 3)), abs=2)
    assert (back.sound is not None) == (kind == "mp4")


def test_odd_sides_grow_by_one() -> None:
    back = load_media(encode_video(VideoClip(numbered(2, 33, 21), np.array([0, 0.5]), 1.0)))
    assert isinstance(back, VideoClip)
    assert back.frames.shape == (2, 22, 34, 3)
    assert back.sound is None
