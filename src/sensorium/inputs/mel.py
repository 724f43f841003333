"""Mel filters, and the log-mel spectrogram of Whisper, which Qwen2-Audio hears too.

The reference makes it in fp32 with PyTorch's Fourier transform, whose rounding shows in the quiet bins of pure tones;
so do we. PyTorch is imported when it is needed: worker processes that use the filters alone do without.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import ConfigError, LimitExceeded, UnreadableMedia
from sensorium.media.types import SAMPLE_RATE

if TYPE_CHECKING:
    from torch import Tensor

WINDOW, HOP = 400, 160
"""Samples of a window (25 ms), and between the beginnings of two (10 ms)."""

_RANGE = 8.0  # powers of ten under the loudest that are told apart


@dataclass(frozen=True)
class MelSpec:
    """How much a model hears at once: `frames` of `bins` mel bands, each 10 ms after the one before."""

    bins: int = 80
    frames: int = 3000

    def __post_init__(self) -> None:
        if self.bins < 1 or self.frames < 1:
            raise ConfigError(
                f"mel: got {self.bins} bins and {self.frames} frames; expected at least 1 of each. Correct the config."
            )

    @property
    def samples(self) -> int:
        """Samples of a whole window of hearing: 480,000, or 30 s, for Whisper."""
        return self.frames * HOP


def log_mel(samples: NDArray[np.float32], spec: MelSpec, *, loudest: float = -np.inf) -> "tuple[Tensor, float]":
    """The log-mel spectrogram of a sound that is made as long as the model hears, with silence behind it.

    Equal to `WhisperFeatureExtractor`: log10 of the power in each band, cut off 8 under the loudest, then (x + 4) / 4.

    Args:
        samples: [time], 16 kHz, in -1..1, at most as many as `spec.samples`.
        spec: of the model.
        loudest: of what came before in the same file, as the last call returned it. What is silent beside that stays
            silent; of a window of noise alone the cut would make a loud one.

    Returns: [bins, frames] fp32, and the loudest so far.

    Raises: UnreadableMedia for samples that are no numbers, LimitExceeded for too many.
    """
    import torch

    check_samples(samples)
    if len(samples) > spec.samples:
        raise LimitExceeded(
            f"mel: got {len(samples) / SAMPLE_RATE:.2f} s of sound; the model hears {spec.samples / SAMPLE_RATE:.2f} s "
            "at once. Cut it into windows."
        )
    padded = torch.zeros(spec.samples)
    padded[: len(samples)] = torch.from_numpy(np.ascontiguousarray(samples, np.float32))
    spectrum = torch.stft(padded, WINDOW, HOP, window=torch.hann_window(WINDOW), return_complex=True)
    power = (spectrum[:, :-1].abs() ** 2).contiguous()  # [201, frames]
    mel = (torch.from_numpy(mel_filters(spec.bins, WINDOW)).T @ power).clamp(min=1e-10).log10()
    loudest = max(loudest, float(mel.max()))
    return (mel.clamp(min=loudest - _RANGE) + 4.0) / 4.0, loudest


def check_samples(samples: NDArray[np.float32], source: str = "sound") -> None:
    """Raises: UnreadableMedia for samples that are not one row of finite numbers."""
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise UnreadableMedia(
            f"{source}: got samples {list(samples.shape)}, some perhaps not finite; expected float32 [time] in -1..1. "
            "Read the sound again."
        )


@lru_cache
def mel_filters(bins: int, window: int) -> NDArray[np.float32]:
    """Triangular filters on the Slaney mel scale, area-normalised, 0 to 8 kHz. Returns: [window/2 + 1, bins]."""
    frequencies = np.fft.rfftfreq(window, 1 / SAMPLE_RATE)
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(SAMPLE_RATE / 2), bins + 2))
    rising = (frequencies[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies[:, None]) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))
    return triangles.astype(np.float32)


_LINEAR_TOP_HZ, _LINEAR_TOP_MEL, _LOG_STEP = 1000.0, 15.0, np.log(6.4) / 27.0


def _hz_to_mel(hz: float) -> float:
    if hz < _LINEAR_TOP_HZ:
        return hz * 3.0 / 200.0
    return float(_LINEAR_TOP_MEL + np.log(hz / _LINEAR_TOP_HZ) / _LOG_STEP)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mel * 200.0 / 3.0
    return np.where(mel < _LINEAR_TOP_MEL, linear, _LINEAR_TOP_HZ * np.exp(_LOG_STEP * (mel - _LINEAR_TOP_MEL)))
