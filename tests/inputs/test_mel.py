"""Mel: filters and spectrogram are the reference's; silence behind a sound; what is no sound."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from sensorium.core.errors import ConfigError, LimitExceeded, UnreadableMedia
from sensorium.inputs.mel import MelSpec, log_mel, mel_filters
from sensorium.media.types import SAMPLE_RATE

SECOND = np.arange(SAMPLE_RATE) / SAMPLE_RATE
SOUNDS: dict[str, NDArray[np.float64]] = {
    "noise": np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE),
    "tone": 0.9 * np.sin(2 * np.pi * 440 * SECOND),
    "chirp": 0.3 * np.sin(2 * np.pi * (200 + 3000 * SECOND) * SECOND),
    "click": np.eye(1, 5000, 2000)[0],
    "silence": np.zeros(SAMPLE_RATE),
    "one sample": np.ones(1),
    "whole": np.random.default_rng(1).normal(0, 0.3, 30 * SAMPLE_RATE).clip(-1, 1),
}


@pytest.mark.parametrize("bins", [80, 128])
@pytest.mark.parametrize("kind", SOUNDS)
def test_equals_the_reference(kind: str, bins: int) -> None:
    transformers = pytest.importorskip("transformers")
    samples = SOUNDS[kind].astype(np.float32)
    extractor = transformers.WhisperFeatureExtractor(feature_size=bins)
    expected = extractor(samples, sampling_rate=SAMPLE_RATE, return_tensors="np").input_features[0]
    found, _ = log_mel(samples, MelSpec(bins))
    assert found.shape == (bins, 3000)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("bins", [64, 80, 128])
def test_filters_hear_everything_once(bins: int) -> None:
    filters = mel_filters(bins, 400)
    assert filters.shape == (201, bins)
    assert (filters.sum(axis=0) > 0).all()
    assert (filters >= 0).all()
    assert (np.diff(filters.argmax(axis=0)) >= 0).all()


def test_filters_are_the_reference_s() -> None:
    audio_utils = pytest.importorskip("transformers.audio_utils")
    expected = audio_utils.mel_filter_bank(201, 80, 0.0, 8000.0, SAMPLE_RATE, norm="slaney", mel_scale="slaney")
    np.testing.assert_allclose(mel_filters(80, 400), expected, rtol=1e-5, atol=1e-9)


def test_short_windows_of_hearing() -> None:
    spec = MelSpec(bins=80, frames=100)
    assert spec.samples == SAMPLE_RATE
    found, _ = log_mel(SOUNDS["tone"].astype(np.float32)[:8000], spec)
    assert found.shape == (80, 100)
    assert float(found[:, :45].max()) > float(found[:, 55:].max()) + 1.5


def test_what_is_silent_beside_what_came_before_stays_silent() -> None:
    spec = MelSpec(frames=100)
    loud, quiet = (SOUNDS["noise"][:SAMPLE_RATE].astype(np.float32) * by for by in (1.0, 1e-4))
    _, loudest = log_mel(loud, spec)
    alone, _ = log_mel(quiet, spec)
    after, same = log_mel(quiet, spec, loudest=loudest)
    assert same == loudest
    assert float(alone.std()) > 5 * float(after.std())
    assert float(after.min()) == pytest.approx((loudest - 8 + 4) / 4)


def test_what_is_no_sound() -> None:
    with pytest.raises(UnreadableMedia, match=r"sound: got samples \[2\], some perhaps not finite; expected float32"):
        log_mel(np.array([0.0, np.nan], np.float32), MelSpec())
    with pytest.raises(UnreadableMedia, match=r"got samples \[4, 2\]"):
        log_mel(np.zeros((4, 2), np.float32), MelSpec())
    with pytest.raises(LimitExceeded, match=r"got 2\.00 s of sound; the model hears 1\.00 s at once\. Cut it"):
        log_mel(np.zeros(2 * SAMPLE_RATE, np.float32), MelSpec(frames=100))
    with pytest.raises(ConfigError, match="got 0 bins and 3000 frames; expected at least 1"):
        MelSpec(bins=0)


def test_filters_alone_import_no_torch() -> None:
    code = "import sys, sensorium.inputs.features; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
