"""A film in shots: where the picture changes from one frame to the next, a new one begins; long ones are cut evenly.

Shapes: F frames.
"""

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.media.types import SAMPLE_RATE, AudioClip, VideoClip

LONGEST = 10.0
"""Seconds of a shot, and of a window of sound."""

_CUT = 0.5
"""The share of pixels that change their colour at a cut, as histograms see it."""

_FRAMES = 16
"""Of a shot."""


class Shot(NamedTuple):
    """A stretch of a film, in seconds of the film; the times of its clip begin at 0."""

    begin: float
    end: float
    clip: VideoClip


def shots(film: VideoClip) -> list[Shot]:
    """The shots of a film, in order."""
    found: list[Shot] = []
    edges = [0, *_cuts(film.frames), len(film.frames)]
    for first, last in pairwise(edges):
        begin = 0.0 if first == 0 else float(film.times[first])
        end = film.seconds if last == len(film.times) else float(film.times[last])
        for start, stop in spans(begin, end):
            times = film.times[first:last]
            inside = first + np.flatnonzero((times >= start) & ((times < stop) | (stop >= end)))
            if len(inside):
                found.append(Shot(start, stop, _clip(film, inside, start, stop)))
    return found


def spans(begin: float, end: float) -> list[tuple[float, float]]:
    """A stretch of time in equal parts, none longer than `LONGEST`."""
    count = max(1, int(np.ceil((end - begin) / LONGEST - 1e-9)))
    edges = np.linspace(begin, end, count + 1).tolist()
    return list(pairwise(edges))


def cut_sound(sound: AudioClip, begin: float, end: float) -> AudioClip:
    """A stretch of a sound."""
    return replace(sound, samples=sound.samples[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)])


def _clip(film: VideoClip, inside: NDArray[np.intp], begin: float, end: float) -> VideoClip:
    chosen = inside[np.linspace(0, len(inside) - 1, min(_FRAMES, len(inside))).round().astype(int)]
    sound = None if film.sound is None else cut_sound(film.sound, begin, end)
    if sound is not None and not len(sound.samples):
        sound = None
    times = np.maximum(film.times[chosen] - begin, 0.0)
    return replace(film, frames=film.frames[chosen], times=times, seconds=end - begin, sound=sound)


def _cuts(frames: NDArray[np.uint8]) -> list[int]:
    """The frames that begin another shot."""
    histograms = np.stack([_histogram(frame) for frame in frames])  # [F, 512]
    changed = np.abs(np.diff(histograms, axis=0)).sum(axis=1) / 2
    return [int(each) + 1 for each in np.flatnonzero(changed > _CUT)]


def _histogram(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shares of 512 colours, of every fourth pixel of every fourth row where there are many."""
    step = 4 if frame.shape[0] * frame.shape[1] > 10_000 else 1
    bins = (frame[::step, ::step] // 32).astype(np.intp)
    colours = (bins[..., 0] * 8 + bins[..., 1]) * 8 + bins[..., 2]
    counts = np.bincount(colours.ravel(), minlength=512)
    return counts / counts.sum()
