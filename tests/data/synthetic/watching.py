"""Measures of films that know nothing of how they were made: what stands out from the backdrop, and where."""

import numpy as np
from numpy.typing import NDArray

from sensorium.data.synthetic.film import Stage
from sensorium.media.types import VideoClip


def masks(clip: VideoClip, stage: Stage) -> NDArray[np.bool_]:
    """Where each frame differs from the backdrop: [frames, height, width]."""
    apart: NDArray[np.bool_] = np.abs(clip.frames.astype(int) - np.asarray(stage.backdrop).astype(int)).sum(axis=3) > 90
    return apart


def centres(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean place in each frame: [frames, 2], x and y."""
    places = [np.argwhere(frame)[:, ::-1].mean(axis=0) for frame in mask]
    return np.array(places)


def turned(mask: NDArray[np.bool_], folds: int) -> float:
    """Degrees, clockwise as seen, that a shape turns from the first frame to the last; a triangle has three `folds`."""
    angles = []
    for frame, centre in zip(mask, centres(mask), strict=True):
        x, y = (np.argwhere(frame)[:, ::-1] - centre).T
        offsets = x + 1j * y
        angles.append(np.angle((np.abs(offsets) ** (3 - folds) * offsets**folds).sum()))
    unwrapped = np.unwrap(angles)
    return float(np.degrees(unwrapped[-1] - unwrapped[0]) / folds)


def runs(flags: NDArray[np.bool_]) -> int:
    """How many stretches of True there are."""
    return int(flags[0]) + int((np.diff(flags.astype(int)) > 0).sum())
