"""Which frames of a film are seen, at what size, and what is written before them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.inputs.tiles import smart_resize


@dataclass(frozen=True)
class FilmSpec:
    """How films are seen.

    fps: frames a second that are taken, at least `least` and at most `most` of them, a multiple of `multiple`.
    min_pixels, max_pixels: of a frame; of the film, all its frames together, where `whole`.
    """

    min_pixels: int
    max_pixels: int
    whole: bool
    fps: float = 2.0
    least: int = 4
    most: int = 768
    multiple: int = 1


def choose_frames(times: NDArray[np.float64], seconds: float, spec: FilmSpec) -> list[int]:
    """Indices of frames, evenly spread in time from the first to the last; fewer where several moments show one frame.

    Args:
        times: [frames] at which they are shown, ascending.
        seconds: length of the film.
        spec: how many.
    """
    count = len(times)
    most = min(spec.most, count) // spec.multiple * spec.multiple
    wanted = min(max(math.floor(round(seconds * spec.fps, 6)), spec.least), most)
    wanted = max(1, wanted // spec.multiple * spec.multiple)
    moments = np.linspace(times[0], times[-1], wanted)
    places = np.interp(moments, times, np.arange(count, dtype=np.float64))
    return sorted(set(np.round(np.round(places, 6)).astype(int).tolist()))


def film_size(
    frames: int, height: int, width: int, *, factor: int, tubelet: int, spec: FilmSpec, source: str
) -> tuple[int, int]:
    """(height, width) to which the frames of a film are brought, multiples of `factor`.

    Raises: LimitExceeded for frames longer than 200 times their width.
    """
    if not spec.whole:
        bounds = {"min_pixels": spec.min_pixels, "max_pixels": spec.max_pixels}
        return smart_resize(height, width, factor=factor, **bounds, source=source)
    if height < factor or width < factor:
        scale = max(factor / height, factor / width)
        height, width = int(height * scale), int(width * scale)
    # No bounds: checks the proportions and rounds.
    tall, wide = smart_resize(height, width, factor=factor, min_pixels=0, max_pixels=1 << 62, source=source)
    volume = max(1, round(frames / tubelet)) * tubelet * tall * wide
    if volume > spec.max_pixels:
        shrink = math.sqrt(frames * height * width / spec.max_pixels)
        tall, wide = (max(factor, math.floor(side / shrink / factor) * factor) for side in (height, width))
    elif volume < spec.min_pixels:
        grow = math.sqrt(spec.min_pixels / (frames * height * width))
        tall, wide = (math.ceil(side * grow / factor) * factor for side in (height, width))
    return tall, wide


def pair_times(times: Sequence[float], tubelet: int) -> list[float]:
    """The moment of each pair of frames, midway between its first and its last; a last frame alone is a pair."""
    padded = [*times, *[times[-1]] * (-len(times) % tubelet)]
    return [(padded[index] + padded[index + tubelet - 1]) / 2 for index in range(0, len(padded), tubelet)]
