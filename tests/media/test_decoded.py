"""Pictures decoded by numpy or Pillow are taken as they are, and anything else that looks like an array is refused."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.odd_pictures import encoded, gradient

from sensorium.core.errors import LimitExceeded, UnreadableMedia, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import Image

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)


@pytest.mark.parametrize("source", [PIXELS, Pillow.fromarray(PIXELS)], ids=["numpy", "Pillow"])
def test_a_decoded_picture_is_taken_whole_and_copied(source: Any) -> None:
    image = load_media(source, name="mine")
    assert isinstance(image, Image)
    assert np.array_equal(image.pixels, PIXELS)
    assert (image.source, image.pixels.flags.writeable) == ("mine", True)
    assert not np.shares_memory(image.pixels, PIXELS)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (PIXELS[:, :, 0], r"ndarray: got uint8 \[7, 9\]; expected uint8 \[height, width, 3\] in RGB"),
        (PIXELS / 255, r"got float64 \[7, 9, 3\]"),
        (np.zeros(16_000, np.float32), r"got float32 \[16000\].*AudioClip"),
        (np.float32(1), r"got float32 \[\]"),
        (gradient().convert("P"), "mode P; expected"),
        (gradient().convert("YCbCr"), "mode YCbCr; expected"),
    ],
)
def test_other_arrays_are_refused(source: Any, message: str) -> None:
    with pytest.raises(UnsupportedMedia, match=message):
        load_media(source)


def test_limits_and_the_wanted_modality_hold() -> None:
    with pytest.raises(LimitExceeded, match="9x7 pixels"):
        load_media(PIXELS, limits=Limits(pixels=10))
    with pytest.raises(UnreadableMedia, match="0x7 pixels"):
        load_media(PIXELS[:, :0])
    with pytest.raises(UnsupportedMedia, match="but audio is wanted"):
        load_media(PIXELS, want="audio")


def test_a_damaged_file_that_pillow_has_opened_is_refused() -> None:
    with (
        Pillow.open(io.BytesIO(encoded(gradient())[:-40])) as opened,
        pytest.raises(UnreadableMedia, match="Pillow cannot decode it"),
    ):
        load_media(opened)
