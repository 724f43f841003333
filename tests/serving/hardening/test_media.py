"""Media that are too much, damaged or in disguise: hardening tests 10 to 23, 53 to 55, in all protocols."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.serving.conftest import Running
from tests.serving.hardening.spoken import LEAK, PROTOCOLS, Protocol, refused, send
from tests.serving.sent import MP4, PNG, WAV, uri

from sensorium.media.encode import encode_audio
from sensorium.media.types import AudioClip

speaking = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda each: each.name)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 60)) + chunk(b"IEND", b"")


def wav_header(channels: int, rate: int, size: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + form + b"data" + struct.pack("<I", size) + b"\0" * 64


def picture(size: tuple[int, int], mode: str = "RGB", form: str = "PNG", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size).save(target, form, **options)
    return target.getvalue()


def many_frames(count: int) -> bytes:
    frames = [Image.new("P", (8, 8), index % 2) for index in range(count)]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=20, loop=0)
    return target.getvalue()


REFUSED: dict[str, bytes] = {
    "claims 65000x65000": png_header(65_000, 65_000),
    "claims 12000x12000": png_header(12_000, 12_000),
    "claims 0x0": png_header(0, 0),
    "1x100000": png_header(1, 100_000),
    "100000x1": png_header(100_000, 1),
    "JPEG 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\0" * 64,
    "FITS": b"SIMPLE  =                    T" + b" " * 2_000,
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "PSD": b"8BPS\x00\x01" + b"\0" * 64,
    "ICNS": b"icns\x00\x00\x00\x40" + b"\0" * 64,
    "TGA": b"\0\0\2" + b"\0" * 60,
    "half a picture": PNG[: len(PNG) // 2],
    "half a film": MP4[: len(MP4) // 2],
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "list of files": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "PDF": b"%PDF-1.7\n1 0 obj<</Prev 9>>\ntrailer<</Prev 9>>",
    "ZIP": b"PK\x03\x04" + b"\0" * 64,
    "DOCX": b"PK\x03\x04\x14\0\6\0" + b"[Content_Types].xml" + b"\0" * 64,
    "SVG": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
    "pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "sound without samples": wav_header(1, 16_000, 0)[:-64],
    "sound of 1 Hz": wav_header(1, 1, 64),
    "sound of 10 MHz": wav_header(1, 10_000_000, 64),
    "sound of 64 channels": wav_header(64, 16_000, 64),
    "sound of an hour": encode_audio(AudioClip(np.zeros(16_000 * 601, np.float32))),
    "zeros": b"\0" * 10_000,
}


@speaking
@pytest.mark.parametrize("kind", REFUSED)
def test_media_that_are_refused(server: Running, protocol: Protocol, kind: str) -> None:
    reply = send(server, protocol.path, protocol.ask("What?", uri(REFUSED[kind], "image/png")))
    refused(reply, protocol, 400, 415)
    assert Image.MAX_IMAGE_PIXELS is not None


TAKEN_OR_NOT: dict[str, bytes] = {
    "1x1": picture((1, 1)),
    "2x3": picture((2, 3)),
    "CMYK": picture((40, 40), "CMYK", "JPEG"),
    "16 bits": picture((40, 40), "I;16"),
    "1 bit": picture((40, 40), "1"),
    "palette": picture((40, 40), "P", transparency=0),
    "2000 frames": many_frames(2_000),
    "claims 4 GB": wav_header(1, 16_000, 2**32 - 1),
    "says PNG, is MP4": MP4,
    "says PNG, is WAV": WAV,
    "text": b"plain text",
}


@speaking
@pytest.mark.parametrize("kind", TAKEN_OR_NOT)
def test_odd_media_are_answered_or_refused(server: Running, protocol: Protocol, kind: str) -> None:
    reply = send(server, protocol.path, protocol.ask("What?", uri(TAKEN_OR_NOT[kind], "image/png")))
    assert reply.status in (200, 400, 415), reply.body[:300]
    assert not LEAK.search(reply.body.decode())


def test_mutated_pictures(server: Running) -> None:
    """One in a hundred of what tests/media does with the same bytes, here through HTTP."""
    random = np.random.default_rng(0)
    for index in range(20):
        damaged = bytearray(PNG if index % 2 else WAV)
        for place in random.integers(0, len(damaged), 8):
            damaged[place] ^= int(random.integers(1, 256))
        protocol = PROTOCOLS[index % len(PROTOCOLS)]
        reply = send(server, protocol.path, protocol.ask("What?", uri(bytes(damaged), "image/png")))
        assert reply.status in (200, 400, 415), reply.body[:300]
        assert not LEAK.search(reply.body.decode())
