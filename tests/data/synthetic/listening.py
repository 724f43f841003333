"""Measures of sounds that know nothing of how they were made: bursts by their envelope, pitch by spectrum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.media.types import SAMPLE_RATE

_BLOCK = 64


@dataclass(frozen=True)
class Burst:
    """A stretch of sound between silences: where it lies in seconds, and its samples."""

    start: float
    end: float
    samples: NDArray[np.float32]


def bursts(samples: NDArray[np.float32], floor: float = 0.05, quiet: float = 0.03) -> list[Burst]:
    """Cut out what is louder than `floor` of the peak and apart by more than `quiet` seconds."""
    blocks = np.abs(samples[: len(samples) // _BLOCK * _BLOCK]).reshape(-1, _BLOCK).max(axis=1)
    loud = np.flatnonzero(blocks > floor * blocks.max())
    cuts = np.flatnonzero(np.diff(loud) * _BLOCK / SAMPLE_RATE > quiet)
    firsts, lasts = loud[np.r_[0, cuts + 1]], loud[np.r_[cuts, len(loud) - 1]] + 1
    return [
        Burst(first * _BLOCK / SAMPLE_RATE, last * _BLOCK / SAMPLE_RATE, samples[first * _BLOCK : last * _BLOCK])
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
    ]


def pitch(samples: NDArray[np.float32]) -> float:
    """Hertz of the strongest part of the spectrum."""
    size = 1 << 16
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))
    return float(np.argmax(spectrum)) * SAMPLE_RATE / size


def loudness(samples: NDArray[np.float32]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples))))


def flatness(samples: NDArray[np.float32]) -> float:
    """Geometric over arithmetic mean of the power spectrum, in 32 bands: near 1 for noise, near 0 for a tone."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    bands = np.array([band.mean() for band in np.array_split(power, 32)]) + 1e-12
    return float(np.exp(np.log(bands).mean()) / bands.mean())
