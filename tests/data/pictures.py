"""Small pictures as files hold them."""

import numpy as np
from PIL import Image as Pillow

from sensorium.media.encode import encode_image
from sensorium.media.types import Image


def picture(colour: tuple[int, int, int] = (200, 30, 30), side: int = 32) -> bytes:
    """A PNG of one colour."""
    return encode_image(Image(np.full((side, side, 3), colour, np.uint8)))


def scene(seed: int, *, size: tuple[int, int] = (96, 72), kind: str = "png", quality: int = 90) -> bytes:
    """A file of soft random patches, the same ones at any size: `scene(1)` and `scene(1, kind="jpeg")` look alike."""
    patches = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    soft = Pillow.fromarray(patches).resize(size, Pillow.Resampling.BICUBIC)
    return encode_image(Image(np.asarray(soft)), "jpeg" if kind == "jpeg" else "png", quality=quality)
