"""Sounds made by formula: tones of four waveforms, glides, chords, clicks and noise, float32 [time] at 16 kHz.

Square, sawtooth and triangle waves are sums of harmonics below 7.4 kHz, so nothing folds back. Levels are not set
here: every sound peaks at about 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.media.types import SAMPLE_RATE

Samples = NDArray[np.float32]
Waveform = Literal["sine", "square", "sawtooth", "triangle"]
WAVEFORMS: tuple[Waveform, ...] = ("sine", "square", "sawtooth", "triangle")

AUDIBLE = 1e-3
"""A peak below this is silence, as a microphone records it."""

_HIGHEST = 7400.0  # Hz
_MOST_HARMONICS = 16
_EDGE = 0.006  # seconds of fade at both ends: no click


@dataclass(frozen=True)
class Note:
    """One tone: hertz at its start and end, seconds, loudness 0 … 1 at its start and end."""

    hertz: float
    seconds: float
    waveform: Waveform = "sine"
    to_hertz: float | None = None
    loudness: float = 1.0
    to_loudness: float | None = None


def length(seconds: float) -> int:
    """Return how many samples last so long."""
    return round(seconds * SAMPLE_RATE)


def play(note: Note) -> Samples:
    """Return the sound of `note`; pitch and loudness glide evenly for the ear (in octaves and decibels)."""
    count = length(note.seconds)
    along = np.linspace(0.0, 1.0, count)
    if note.to_hertz is None:
        turns = along * (note.hertz * note.seconds)
    else:
        turns = np.cumsum(note.hertz * (note.to_hertz / note.hertz) ** along) / SAMPLE_RATE
    wave = _wave(turns, note.waveform, max(note.hertz, note.to_hertz or 0.0))
    if note.to_loudness is None:
        wave *= note.loudness
    else:
        wave *= note.loudness * (note.to_loudness / note.loudness) ** along.astype(np.float32)
    return fade(wave)


def _wave(turns: NDArray[np.float64], waveform: Waveform, highest: float) -> Samples:
    """The waveform at a phase counted in turns."""
    if waveform == "sine":
        return np.sin(2 * np.pi * (turns % 1.0).astype(np.float32))
    step = 1 if waveform == "sawtooth" else 2
    harmonics = range(1, max(min(int(_HIGHEST / highest), _MOST_HARMONICS), 1) + 1, step)
    table = np.arange(2049, dtype=np.float32) / 2048  # one turn, then read at each phase: harmonics cost nothing
    period = np.zeros_like(table)
    for place, harmonic in enumerate(harmonics):
        weight = (-1.0) ** place / harmonic**2 if waveform == "triangle" else 1.0 / harmonic
        period += np.float32(weight) * np.sin(2 * np.pi * harmonic * table)
    period /= np.abs(period).max()
    return np.asarray(period[((turns % 1.0) * 2048).astype(np.int64)], np.float32)


def fade(samples: Samples, seconds: float = _EDGE) -> Samples:
    """Fade in and out, in place; returns its argument."""
    count = min(length(seconds), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)
    samples[:count] *= ramp
    samples[len(samples) - count :] *= ramp[::-1]
    return samples


def chord(hertz: Sequence[float], seconds: float, waveform: Waveform) -> Samples:
    """Return several tones at once."""
    total = np.sum([play(Note(each, seconds, waveform)) for each in hertz], axis=0) / len(hertz)
    return np.asarray(total, np.float32)


def hiss(rng: np.random.Generator, seconds: float) -> Samples:
    """Return white noise; its loudest samples reach 1."""
    noise = rng.standard_normal(length(seconds), np.float32)
    return fade(np.clip(noise / 3.5, -1.0, 1.0))


def click(rng: np.random.Generator) -> Samples:
    """Return one short click: 12 ms of dying noise."""
    count = length(0.012)
    knock = rng.uniform(-1.0, 1.0, count).astype(np.float32) * np.exp(-np.arange(count, dtype=np.float32) / 30.0)
    return np.asarray(knock / np.abs(knock).max(), np.float32)


def place(pieces: Sequence[tuple[float, Samples]], seconds: float) -> Samples:
    """Return silence of so many seconds with each piece added at its second."""
    whole = np.zeros(length(seconds), np.float32)
    for start, piece in pieces:
        first = length(start)
        room = whole[first : first + len(piece)]
        room += piece[: len(room)]
    return whole


def finish(rng: np.random.Generator, samples: Samples, *, noisy: float = 0.5) -> Samples:
    """Set a peak of 0.06 to 0.95 and, with chance `noisy`, add hiss 26 to 52 dB below the peak. Silence stays."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < AUDIBLE:
        return samples
    level = float(np.exp(rng.uniform(np.log(0.06), np.log(0.95))))
    samples = samples * np.float32(level / peak)
    if rng.random() < noisy:
        samples += rng.standard_normal(len(samples), np.float32) * np.float32(level * 10 ** -rng.uniform(1.3, 2.6))
    return np.clip(samples, -1.0, 1.0)
