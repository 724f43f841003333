"""Features: sizes within bounds, mel as a direct formula gives it, frames with their times."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.inputs.features import (
    audio_features,
    audio_rows,
    fit,
    image_features,
    video_features,
    video_rows,
)
from sensorium.inputs.mel import mel_filters
from sensorium.inputs.spec import AudioSpec, ImageSpec, VideoSpec
from sensorium.media.types import SAMPLE_RATE, AudioClip, Image, VideoClip

side = st.integers(1, 3000)


@given(height=side, width=side)
def test_pictures_fit_their_bounds(height: int, width: int) -> None:
    spec = ImageSpec()
    if max(height, width) > spec.aspect * min(height, width):
        with pytest.raises(LimitExceeded, match=f"scan: {width}x{height} pixels is longer than 40:1"):
            fit((height, width), spec, source="scan")
        return
    rows, columns = fit((height, width), spec, source="scan")
    assert rows % spec.multiple == columns % spec.multiple == 0
    assert min(rows, columns) >= spec.multiple
    assert rows * columns <= spec.max_pixels
    assert rows * columns >= 0.6 * spec.min_pixels  # rounding both sides down loses that much at worst


@given(height=st.integers(32, 3000), aspect=st.floats(1 / 3, 3))
def test_shapes_of_usual_pictures_nearly_stay(height: int, aspect: float) -> None:
    width = max(1, round(height * aspect))
    rows, columns = fit((height, width), ImageSpec(), source="photo")
    assert 0.59 < (columns / rows) / (width / height) < 1.57  # sides of one or two cells round far


def test_pictures_of_the_right_size_stay_as_they_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (96, 64, 3), np.uint8)
    assert fit((96, 64), ImageSpec(), source="a") == (96, 64)
    features = image_features(Image(pixels), ImageSpec())
    assert np.array_equal(features, pixels.transpose(2, 0, 1))


def test_resizing_keeps_colours_where_they_are() -> None:
    pixels = np.zeros((200, 100, 3), np.uint8)
    pixels[:100, :, 0] = pixels[100:, :, 2] = 255
    small = image_features(Image(pixels), ImageSpec(min_pixels=32, max_pixels=32 * 16))
    assert small.shape == (3, 32, 16)
    assert small[:, 2, 8].tolist() == [255, 0, 0]
    assert small[:, -3, 8].tolist() == [0, 0, 255]


def test_small_pictures_are_enlarged() -> None:
    assert image_features(Image(np.full((8, 8, 3), 7, np.uint8)), ImageSpec()).shape == (3, 32, 32)


# Sound


def direct_mel(samples: NDArray[np.float32], spec: AudioSpec) -> NDArray[np.float64]:
    """The same features by sums of cosines in float64: no FFT, no strides, filters drawn triangle by triangle."""
    frames = -(-max(1, len(samples)) // (spec.hop * spec.frame_multiple)) * spec.frame_multiple
    half = spec.window // 2
    padded = np.concatenate((np.zeros(half), samples, np.zeros(frames * spec.hop + spec.window)))
    n, k = np.arange(spec.window), np.arange(half + 1)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * n / spec.window)
    basis = np.exp(-2j * np.pi * np.outer(n, k) / spec.window)
    cuts = np.stack([padded[frame * spec.hop : frame * spec.hop + spec.window] for frame in range(frames)])
    power = np.abs((cuts * hann) @ basis) ** 2  # [frames, half + 1]
    mels = np.linspace(0, 15 + np.log(8) / (np.log(6.4) / 27), spec.mel_bins + 2)
    edges = [mel * 200 / 3 if mel < 15 else 1000 * np.exp((mel - 15) * np.log(6.4) / 27) for mel in mels]
    energy = np.zeros((spec.mel_bins, frames))
    for bin_, (low, peak, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        hertz = k * SAMPLE_RATE / spec.window
        triangle = np.interp(hertz, [low, peak, high], [0, 1, 0], left=0, right=0)
        energy[bin_] = power @ triangle * 2 / (high - low)
    logs = np.log10(np.maximum(energy, 1e-10))
    top = max(logs.max(), -6.0)
    scaled: NDArray[np.float64] = (np.maximum(logs, top - 8) - top + 4) / 4
    return scaled


@pytest.mark.parametrize("kind", ["noise", "tone", "chirp", "short"])
def test_log_mel_is_its_formula(kind: str) -> None:
    rng = np.random.default_rng(3)
    time = np.arange(9000) / SAMPLE_RATE
    samples: NDArray[Any] = {
        "noise": rng.normal(0, 0.1, 9000),
        "tone": 0.5 * np.sin(2 * np.pi * 440 * time),
        "chirp": 0.3 * np.sin(2 * np.pi * (200 + 3000 * time) * time) + rng.normal(0, 0.001, 9000),
        "short": rng.normal(0, 0.1, 50),
    }[kind]
    clip, spec = AudioClip(samples.astype(np.float32)), AudioSpec()
    found, expected = audio_features(clip, spec), direct_mel(clip.samples, spec)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_a_tone_lights_the_filter_around_it() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    mel = audio_features(AudioClip(tone.astype(np.float32)), AudioSpec())
    centres = mel_filters(64, 400).argmax(axis=0) * 40  # Hz of each filter's peak
    assert abs(centres[mel[:, 50].argmax()] - 1000) <= 40


@given(length=st.integers(1, 70_000))
def test_length_is_rounded_up_to_the_multiple(length: int) -> None:
    spec = AudioSpec(mel_bins=8, max_seconds=5)
    mel = audio_features(AudioClip(np.full(length, 0.1, np.float32)), spec)
    step = spec.hop * spec.frame_multiple
    assert mel.shape == (8, -(-length // step) * spec.frame_multiple)
    assert audio_rows(mel, spec) * spec.frames_per_row == mel.shape[1]


@pytest.mark.parametrize("samples", [np.zeros(16_000), np.full(16_000, 1e-9), np.zeros(1), np.full(8000, 1.0)])
def test_silence_and_full_scale_are_finite(samples: NDArray[np.float64]) -> None:
    mel = audio_features(AudioClip(samples.astype(np.float32)), AudioSpec())
    assert mel.dtype == np.float32
    assert np.isfinite(mel).all()
    assert -1.0 <= mel.min() <= mel.max() <= 1.0


def test_loudness_does_not_count() -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, 16_000).astype(np.float32)
    quiet, loud = (audio_features(AudioClip(noise * gain), AudioSpec()) for gain in (0.01, 1.0))
    np.testing.assert_allclose(quiet[:, :99], loud[:, :99], atol=1e-3)  # behind it comes silence, which has a level


def test_too_long_a_sound_is_refused_with_both_lengths() -> None:
    clip = AudioClip(np.zeros(31 * SAMPLE_RATE, np.float32), "talk.wav")
    with pytest.raises(LimitExceeded, match=r"talk\.wav: 31\.0 s of sound is more than the 30 s"):
        audio_features(clip, AudioSpec())


# Film


def film(frames: int, height: int = 48, width: int = 64) -> VideoClip:
    pixels = np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None, None], (frames, height, width, 3))
    return VideoClip(np.ascontiguousarray(pixels), np.arange(frames, dtype=np.float64) / 2, frames / 2, source="film")


@given(frames=st.integers(1, 40))
def test_frames_are_even_in_number_and_keep_their_times(frames: int) -> None:
    spec = VideoSpec()
    features, times = video_features(film(frames), spec)
    assert features.shape[0] == len(times) == min(frames + frames % 2, spec.max_frames)
    assert times.dtype == np.float32
    assert times.tolist() == [shade * 0.5 for shade in features[:, 0, 0, 0].tolist()]  # each time is that of its frame
    assert (np.diff(times) >= 0).all()
    assert (times[0], times[-1]) == (0.0, (frames - 1) * 0.5)


@given(height=st.integers(16, 700), width=st.integers(16, 700))
def test_one_row_per_tubelet(height: int, width: int) -> None:
    if max(height, width) > 8 * min(height, width):
        return
    spec = VideoSpec(max_frames=2)
    features, _ = video_features(film(3, height, width), spec)
    frames, channels, rows, columns = features.shape
    assert (frames, channels, rows % 16, columns % 16) == (2, 3, 0, 0)
    assert rows * columns <= spec.max_pixels
    assert video_rows(features, spec) == rows * columns // 256


def test_too_narrow_a_film_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="film: 90x10 pixels is longer than 8:1"):
        video_features(film(2, 10, 90), VideoSpec())


# What no file gives, but a caller may


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0),
        np.array([0.0, np.nan]),
        np.array([np.inf]),
        np.array([-np.inf, 0.0]),
        np.full(9, 1e30),
        np.zeros((9, 2)),
    ],
    ids=["empty", "nan", "inf", "-inf", "huge", "stereo"],
)
def test_sounds_that_are_none(samples: NDArray[np.float64]) -> None:
    with pytest.raises(UnreadableMedia, match=r"mic: got samples \[\d+(, 2)?\], none or some not finite; expected"):
        audio_features(AudioClip(samples.astype(np.float32), "mic"), AudioSpec())


def test_sounds_on_another_scale_are_taken() -> None:
    noise = np.random.default_rng(0).normal(size=4000)
    quiet, loud = (audio_features(AudioClip((noise * by).astype(np.float32)), AudioSpec()) for by in (0.1, 3e8))
    np.testing.assert_allclose(quiet, loud, atol=1e-3)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (5, 5), (5, 5, 4)])
def test_pictures_that_are_none(shape: tuple[int, ...]) -> None:
    with pytest.raises(UnreadableMedia, match=r"page: got pixels uint8 \[.*\]; expected uint8 \[height, width, 3\]"):
        image_features(Image(np.zeros(shape, np.uint8), "page"), ImageSpec())


def test_pictures_of_another_type() -> None:
    pixels: Any = np.zeros((5, 5, 3), np.float32)
    with pytest.raises(UnreadableMedia, match="got pixels float32"):
        image_features(Image(pixels), ImageSpec())


@pytest.mark.parametrize("shape", [(0, 48, 48, 3), (2, 0, 48, 3), (48, 48, 3)])
def test_films_that_are_none(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        UnreadableMedia, match=r"cam: got pixels uint8 \[.*\]; expected uint8 \[frames, height, width, 3\]"
    ):
        video_features(VideoClip(np.zeros(shape, np.uint8), np.zeros(shape[0]), 1.0, source="cam"), VideoSpec())


@pytest.mark.parametrize("times", [np.zeros(1), np.array([0.0, np.nan])])
def test_films_without_a_time_for_each_frame(times: NDArray[np.float64]) -> None:
    with pytest.raises(UnreadableMedia, match=r"cam: got 2 frames and times .*; expected a finite time"):
        video_features(VideoClip(np.zeros((2, 48, 48, 3), np.uint8), times, 1.0, source="cam"), VideoSpec())
