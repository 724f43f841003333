"""Films as R3D's weights want them: resized without antialiasing, cropped, normalised.

torchvision resizes films for these weights with plain bilinear sampling, between the four pixels around a point, and
rounds the place of the crop, half to even. Pillow's kernels (inputs/pictures.py) give other values.
"""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.inputs.clips import choose_frames
from sensorium.inputs.pictures import PictureSpec, Pixels, check_pixels, normalise
from sensorium.media.types import VideoClip
from sensorium.models.r3d.config import R3dConfig
from sensorium.models.video.classifier import Prepare


def prepare(folder: Path, config: R3dConfig) -> Prepare:
    """How films are prepared: everything is in the config, and no other file of the folder is read."""
    return partial(prepare_film, config=config)


def prepare_film(clip: VideoClip, config: R3dConfig) -> NDArray[np.float32]:
    """The whole way of one film. Returns: [F, 3, h, w].

    Raises: UnreadableMedia for a film without frames, or with times that do not fit them.
    """
    spec = PictureSpec(None, "bilinear", None, False, 1 / 255, config.image_mean, config.image_std)
    kept, places = np.unique(choose_frames(clip, config.num_frames), return_inverse=True)
    top, left = (round((outer - inner) / 2) for outer, inner in zip(config.resize, config.crop, strict=True))
    inside = slice(top, top + config.crop[0]), slice(left, left + config.crop[1])
    made = []
    for index in kept:
        check_pixels(clip.frames[index], source=clip.source)
        made.append(normalise(sample_bilinear(clip.frames[index], *config.resize)[inside], spec))
    return np.stack(made)[places]


def sample_bilinear(pixels: Pixels, height: int, width: int) -> Pixels:
    """Resize by values between the four nearest pixels alone. Shapes: [h, w, 3] to [height, width, 3]."""
    if pixels.shape[:2] == (height, width):
        return pixels
    above, below, down = _between(pixels.shape[0], height)
    before, behind, across = _between(pixels.shape[1], width)
    across = across[:, None]
    upper, lower = (pixels[rows].astype(np.float32) for rows in (above, below))
    upper, lower = (rows[:, before] * (1 - across) + rows[:, behind] * across for rows in (upper, lower))
    down = down[:, None, None]
    return np.rint(upper * (1 - down) + lower * down).astype(np.uint8)


def _between(length: int, wanted: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each of `wanted` pixels: the one before it among `length`, the one behind, and the share of the way."""
    places = (np.arange(wanted, dtype=np.float32) + np.float32(0.5)) * np.float32(length / wanted) - np.float32(0.5)
    places = np.maximum(places, 0)
    before = places.astype(np.intp)
    return before, np.minimum(before + 1, length - 1), places - before.astype(np.float32)
