"""Damaged bytes of every format give media or one of our errors, never another exception; the seed is fixed."""

import random

import numpy as np
import pytest
from tests.odd_pictures import encoded, gif, gradient
from tests.odd_streams import numbered, pcm, sound, tone, video, wav

from sensorium.core.errors import InputError
from sensorium.media.load import load_media

MOVES = {"save_all": True, "append_images": [gradient().rotate(180)], "duration": 70}
STEREO = np.stack([tone(0.3, 48_000)] * 2)
PICTURES = {
    "png": encoded(gradient()),
    "palette.png": encoded(gradient(mode="P"), transparency=1),
    "apng": encoded(gradient(), "PNG", **MOVES),
    "jpeg": encoded(gradient(), "JPEG"),
    "progressive": encoded(gradient(), "JPEG", progressive=True),
    "webp": encoded(gradient(), "WEBP"),
    "moving.webp": encoded(gradient(), "WEBP", **MOVES),
    "gif": gif(1),
    "moving.gif": encoded(gradient(mode="P"), "GIF", **MOVES),
    "bmp": encoded(gradient(), "BMP"),
    "tiff": encoded(gradient(), "TIFF", compression="tiff_lzw"),
}
STREAMS = {
    "wav": wav(pcm(tone(0.2))),
    "mp3": sound("mp3", "libmp3lame", STEREO),
    "flac": sound("flac", "flac", STEREO),
    "opus": sound("ogg", "libopus", STEREO),
    "m4a": sound("ipod", "aac", STEREO),
    "mp4": video("mp4", "h264", numbered(6)),
    "mkv": video("matroska", "h264", numbered(6)),
    "avi": video("avi", "mpeg4", numbered(6)),
    "webm": video("webm", "libvpx", numbered(6)),
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few bytes flipped, replaced, inserted or swapped, near the start more often than not."""
    result = bytearray(data)
    for _ in range(chance.choice((1, 2, 5))):
        place = chance.randrange(min(len(result), chance.choice((64, 512, len(result)))))
        match chance.randrange(5):
            case 0:
                result[place] ^= 1 << chance.randrange(8)
            case 1:
                result[place] = chance.choice((0, 127, 255))
            case 2:
                result[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)))
            case 3:
                result[place:place] = chance.randbytes(chance.randrange(1, 16))
            case _:
                result[place:] = result[place : place + chance.randrange(1, len(result))]
    return bytes(result)


@pytest.mark.parametrize("kind", [*PICTURES, *STREAMS])
def test_damage(kind: str) -> None:
    data = (PICTURES | STREAMS)[kind]
    for seed in range(100 if kind in PICTURES else 25):
        damaged = mutated(data, random.Random(f"{kind} {seed}"))
        try:
            media = load_media(damaged, name="d")
        except InputError as error:
            assert str(error).startswith("d: "), seed  # noqa: PT017
            assert "\n" not in str(error), seed  # noqa: PT017
        else:
            assert media.source == "d", seed
