"""Walking picture files without decoding."""

import struct

import pytest
from tests.odd_pictures import encoded, gif, gradient

from sensorium.core.errors import LimitExceeded
from sensorium.media.structure import (
    check_pieces,
    gif_blocks,
    gif_moves,
    jpeg_segments,
    png_chunks,
    png_moves,
    tiff_values,
    webp_chunks,
    webp_moves,
)


def test_png_chunks() -> None:
    assert [name for name, _ in png_chunks(encoded(gradient(4, 4)))] == [b"IHDR", b"IDAT", b"IEND"]


def test_jpeg_segments_up_to_the_first_scan() -> None:
    markers = list(jpeg_segments(encoded(gradient(), "JPEG")))
    assert markers[0] == 0xE0
    assert 0xC0 in markers
    assert 0xDA not in markers


def test_gif_blocks() -> None:
    assert list(gif_blocks(gif(2))) == [0x21, 0, 0x2C, 0, 0x21, 0, 0x2C, 0]


def test_webp_chunks() -> None:
    assert list(webp_chunks(encoded(gradient(), "WEBP"))) == [b"VP8 "]


@pytest.mark.parametrize("big", [False, True])
def test_tiff_values(big: bool) -> None:
    values = list(tiff_values(encoded(gradient(), "TIFF", big_tiff=big)))
    assert max(values) == 3  # bits of the three channels
    assert len(values) >= 9


@pytest.mark.parametrize("moves", [png_moves, gif_moves, webp_moves])
@pytest.mark.parametrize("size", range(0, 60, 7))
def test_cut_files_do_not_move(moves: object, size: int) -> None:
    for kind in ("PNG", "GIF", "WEBP"):
        assert moves(encoded(gradient(), kind)[:size]) is False  # type: ignore[operator]


def test_a_tag_of_a_million_numbers() -> None:
    entry = struct.pack("<HHII", 273, 4, 10**6, 100)
    data = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 1) + entry + bytes(4)
    with pytest.raises(LimitExceeded, match="p: a TIFF of over 300000 pieces"):
        check_pieces(data, "TIFF", "p")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
def test_ordinary_pictures_pass(kind: str) -> None:
    check_pieces(encoded(gradient(500, 300), kind), kind.replace("WEBP", "WebP"), "p")
