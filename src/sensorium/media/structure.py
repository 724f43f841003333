"""The pieces that picture files are made of, walked without decoding.

Two uses: to see whether a picture moves, and to refuse a file of very many tiny pieces before Pillow, which walks
them in Python, is kept busy for minutes by one (64 MiB hold five million empty PNG chunks).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Literal

from sensorium.core.errors import LimitExceeded


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Name and payload offset of every chunk."""
    place = 8
    while place + 12 <= len(data):
        yield data[place + 4 : place + 8], place + 8
        place += 12 + int.from_bytes(data[place : place + 4], "big")


def jpeg_segments(data: bytes) -> Iterator[int]:
    """Marker of every segment up to the first scan; a byte between segments counts as one of its own."""
    place = 2
    while place + 4 <= len(data) and (marker := data[place + 1]) != 0xDA:
        yield marker
        segment = data[place] == 0xFF and marker not in (0x00, 0xFF)
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big") if segment else 1


def gif_blocks(data: bytes) -> Iterator[int]:
    """Introducer of every block (0x2C is a picture), and 0 for every sub-block of data in it."""
    if len(data) < 13:
        return
    place = 13 + _palette_bytes(data[10])
    while place + 10 < len(data) and (introducer := data[place]) in (0x21, 0x2C):
        yield introducer
        place += 2 if introducer == 0x21 else 11 + _palette_bytes(data[place + 9])
        while place < len(data) and data[place]:
            yield 0
            place += 1 + data[place]
        place += 1


def webp_chunks(data: bytes) -> Iterator[bytes]:
    """Name of every chunk."""
    place = 12
    while place + 8 <= len(data):
        yield data[place : place + 4]
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8 + size + size % 2


def tiff_values(data: bytes) -> Iterator[int]:
    """How many numbers every tag of the first page has; text and raw bytes count as one."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
    big = data[2:4] in (b"+\x00", b"\x00+")
    word, entry = (8, 20) if big else (4, 12)
    place = int.from_bytes(data[8:16] if big else data[4:8], order)
    tags = int.from_bytes(data[place : place + (8 if big else 2)], order)
    place += 8 if big else 2
    for start in range(place, min(place + tags * entry, len(data)), entry):
        kind = int.from_bytes(data[start + 2 : start + 4], order)
        yield 1 if kind in (1, 2, 6, 7) else int.from_bytes(data[start + 4 : start + 4 + word], order)


_WALKS = {
    # format: (walk, most pieces): above what whole files of 64 MiB have, below a second of Pillow's time
    "PNG": (png_chunks, 20_000),
    "JPEG": (jpeg_segments, 500),
    "GIF": (gif_blocks, 300_000),
    "WebP": (webp_chunks, 100_000),
    "TIFF": (tiff_values, 10_000),
}
_MOST_TIFF_VALUES = 300_000


def check_pieces(data: bytes, decoder: str, name: str) -> None:
    """Refuse a picture of more pieces than any program writes: LimitExceeded."""
    if decoder not in _WALKS:
        return
    walk, most = _WALKS[decoder]
    too_many = next(islice(walk(data), most, None), None) is not None
    if not too_many and decoder == "TIFF":
        most = _MOST_TIFF_VALUES
        too_many = max(tiff_values(data), default=0) > most
    if too_many:
        raise LimitExceeded(f"{name}: a {decoder} of over {most} pieces; pictures have far fewer. Save it again.")


def png_moves(data: bytes) -> bool:
    """True when a PNG announces more than one frame before its first pixels."""
    for chunk, place in islice(png_chunks(data), _WALKS["PNG"][1]):
        if chunk in (b"acTL", b"IDAT"):
            return chunk == b"acTL" and int.from_bytes(data[place : place + 4], "big") > 1
    return False


def gif_moves(data: bytes) -> bool:
    """True when a GIF has a second picture."""
    pictures = (block for block in islice(gif_blocks(data), _WALKS["GIF"][1]) if block == 0x2C)
    return next(islice(pictures, 1, None), None) is not None


def webp_moves(data: bytes) -> bool:
    """True when a WebP has a second frame."""
    frames = (chunk for chunk in islice(webp_chunks(data), _WALKS["WebP"][1]) if chunk == b"ANMF")
    return next(islice(frames, 1, None), None) is not None


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
