"""Pictures to upright RGB on white."""

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.odd_pictures import encoded, flat_png, gradient

from sensorium.core.errors import LimitExceeded
from sensorium.media.image import check_size, read_image
from sensorium.media.limits import Limits
from sensorium.media.sniff import sniff
from sensorium.media.types import Image


def read(data: bytes, limits: Limits | None = None) -> Image:
    return read_image(data, sniff(data), "p", limits or Limits())


def corners(pixels: np.ndarray) -> list[list[int]]:
    return [pixels[y, x].tolist() for y in (0, -1) for x in (0, -1)]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_pixels_are_exact(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(read(encoded(gradient(), kind, **options)).pixels, np.asarray(gradient()))


def test_the_result_can_be_written_to() -> None:
    assert read(encoded(gradient())).pixels.flags.writeable


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_as_pillow_turns_it(kind: str, orientation: int) -> None:
    from PIL import ImageOps

    exif = Pillow.Exif()
    exif[0x0112] = orientation
    data = encoded(gradient(), kind, exif=exif, quality=95) if kind != "TIFF" else encoded(gradient(), kind, exif=exif)
    import io

    with Pillow.open(io.BytesIO(data)) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    assert np.array_equal(read(data).pixels, expected)


def test_orientation_6_puts_the_left_side_on_top() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    pixels = read(encoded(gradient(), exif=exif)).pixels
    assert pixels.shape == (60, 40, 3)
    assert corners(pixels)[0] == corners(np.asarray(gradient()))[2]  # bottom left came to the top left


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_are_white_and_their_colour_is_gone(mode: str) -> None:
    picture = Pillow.new(mode, (4, 4), (255, 0, 0, 0) if mode == "RGBA" else (7, 0))
    assert (read(encoded(picture)).pixels == 255).all()


def test_palette_transparency() -> None:
    picture = Pillow.new("P", (2, 1))
    picture.putpalette([200, 0, 0, 0, 200, 0])
    picture.putdata([0, 1])
    assert read(encoded(picture, transparency=1)).pixels.tolist() == [[[200, 0, 0], [255, 255, 255]]]
    assert read(encoded(picture, "GIF", transparency=1)).pixels.tolist() == [[[200, 0, 0], [255, 255, 255]]]


def test_colour_key_transparency() -> None:
    picture = Pillow.fromarray(np.array([[[1, 2, 3], [9, 9, 9]]], np.uint8))
    assert read(encoded(picture, transparency=(1, 2, 3))).pixels.tolist() == [[[255] * 3, [9] * 3]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_are_scaled_not_clipped(kind: str) -> None:
    picture = Pillow.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16))
    assert read(encoded(picture, kind)).pixels[0, :, 0].tolist() == [0, 100, 255]


def test_values_without_a_range_are_stretched_with_a_notice() -> None:
    image = read(encoded(Pillow.fromarray(np.array([[-1, 0, 1]], np.float32)), "TIFF"))
    assert image.pixels[0, :, 0].tolist() == [0, 128, 255]
    assert "no fixed range" in image.notices[0]


def test_cmyk_from_a_jpeg() -> None:
    picture = Pillow.new("CMYK", (16, 16), (0, 255, 255, 0))
    red, green, blue = read(encoded(picture, "JPEG", quality=95)).pixels.mean((0, 1))
    assert red > 240
    assert green < 15
    assert blue < 15


def test_one_bit() -> None:
    assert set(np.unique(read(encoded(gradient(mode="1"))).pixels)) == {0, 255}


def test_a_large_jpeg_is_decoded_small() -> None:
    image = read(encoded(gradient(1000, 600, "L"), "JPEG"), Limits(kept_pixels=100_000))
    assert image.pixels.shape == (150, 250, 3)
    assert image.notices == ("p: 1000x600 pixels, read at 250x150.",)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1"])
def test_any_other_large_picture_is_brought_down_in_bands(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.media.image._BAND_PIXELS", 5000)
    data = encoded(gradient(301, 199, mode))
    small = read(data, Limits(kept_pixels=16_000)).pixels
    assert small.shape == (100, 151, 3)
    whole = Pillow.fromarray(read(data).pixels)
    assert np.array_equal(small, np.asarray(whole.reduce(2)))


def test_limits_speak_before_a_pixel_is_decoded() -> None:
    limits = Limits(pixels=1000, side=300, aspect=20)
    for size, words in (((40, 40), "megapixels"), ((301, 1), "at most 300"), ((30, 1), "20 times")):
        with pytest.raises(LimitExceeded, match=words):
            check_size(size, "p", limits)
    check_size((31, 32), "p", limits)


def test_memory_for_decoding_is_limited() -> None:
    with pytest.raises(LimitExceeded, match="16 megapixels of this PNG takes 15 MiB; at most 10 MiB"):
        read(flat_png(4000, 4000), Limits(image_memory=10 * 2**20))
    with pytest.raises(LimitExceeded, match="JPEG takes"):
        read(encoded(gradient(400, 400), "JPEG", progressive=True), Limits(image_memory=900_000))
    assert read(encoded(gradient(400, 400), "JPEG"), Limits(image_memory=900_000)).pixels.shape == (400, 400, 3)


def test_pillow_keeps_its_own_guard() -> None:
    before = Pillow.MAX_IMAGE_PIXELS
    read(flat_png(9500, 6500, depth=1))
    assert before == Pillow.MAX_IMAGE_PIXELS == (1024 * 1024 * 1024 // 4 // 3)
