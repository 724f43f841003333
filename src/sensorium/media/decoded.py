"""Pictures that somebody else has decoded: numpy arrays and Pillow images, told by numpy's array interface.

https://numpy.org/doc/stable/reference/arrays.interface.html. Neither library is imported to look.
"""

from typing import Protocol, TypeGuard

import numpy as np

from sensorium.core.errors import UnreadableMedia, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.types import Image


class Decoded(Protocol):
    """A numpy array uint8 [height, width, 3], or a Pillow image of mode RGB."""

    @property
    def __array_interface__(self) -> object: ...


def is_decoded(source: object) -> TypeGuard[Decoded]:
    """Whether it is an array or a Pillow image, of whatever kind."""
    return hasattr(type(source), "__array_interface__")  # asking the object itself would decode a Pillow image


def take_picture(source: Decoded, name: str, limits: Limits) -> Image:
    """A copy of the picture.

    Raises: UnsupportedMedia for another type, shape or colour model, LimitExceeded for its size, UnreadableMedia where
    Pillow has opened a file and cannot decode it.
    """
    from sensorium.media.image import check_size

    try:
        pixels = np.array(source)
    except OSError as error:  # of a file that Pillow reads only now
        raise UnreadableMedia(
            f"{name}: Pillow cannot decode it ({error}); expected a whole picture. Save it again."
        ) from error
    mode = getattr(source, "mode", "RGB")
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or mode != "RGB":
        kind = f"{pixels.dtype} {list(pixels.shape)}" + ("" if mode == "RGB" else f" in mode {mode}")
        raise UnsupportedMedia(
            f"{name}: got {kind}; expected uint8 [height, width, 3] in RGB. Convert it, or give sound and film as "
            "AudioClip and VideoClip of sensorium.media.types."
        )
    check_size((pixels.shape[1], pixels.shape[0]), name, limits)
    return Image(pixels, name)
