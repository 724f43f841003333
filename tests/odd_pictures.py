"""Odd and hostile pictures for `odd_media`, made here and now: (file name, bytes, expected, words of the message)."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from sensorium.core.errors import InputError, LimitExceeded, UnreadableMedia, UnsupportedMedia
from sensorium.media.types import Modality

Expected = Modality | type[InputError]
Case = tuple[str, bytes, Expected, str]


def gradient(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """A picture whose corners differ: red grows to the right, green downwards."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=2).astype(np.uint8)).convert(mode)


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0, extra: bytes = b"") -> bytes:
    """A PNG with this header and these filtered rows, whether or not they agree."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", head) + extra + png_chunk(b"IDAT", zlib.compress(rows, 1)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flat_png(width: int, height: int, depth: int = 8) -> bytes:
    """A valid grey PNG of one value: large pixels in few bytes."""
    row = bytes(1 + (width * depth + 7) // 8)
    return png(width, height, row * height, depth=depth)


def gif(frames: int, width: int = 8, height: int = 8, canvas: int = 0) -> bytes:
    """A GIF of `frames` pictures without a palette of more than two colours."""
    header = (
        b"GIF89a" + struct.pack("<HHBBB", canvas or width, canvas or height, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    )
    pixels = _lzw_zeros(width * height)
    frame = b"\x21\xf9\x04\x04\x05\x00\x00\x00\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return header + (frame + b"\x02" + pixels + b"\x00") * frames + b"\x3b"


def _lzw_zeros(count: int) -> bytes:
    """`count` zero pixels as LZW codes of three bits, cleared before codes can grow."""
    codes = [code for place in range(count) for code in ((4, 0) if place % 2 == 0 else (0,))] + [5]
    bits = sum(code << 3 * place for place, code in enumerate(codes))
    data = bits.to_bytes((3 * len(codes) + 7) // 8, "little")
    return b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255))


def odd_pictures() -> Iterator[Case]:
    yield from _shapes()
    yield from _colours()
    yield from _damaged()
    yield from _too_large()
    yield from _foreign()


def _shapes() -> Iterator[Case]:
    for width, height in ((1, 1), (2, 3), (1, 200), (3, 1)):
        yield f"{width}x{height}.png", encoded(gradient(width, height)), "image", ""
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"turned-{orientation}.jpg", encoded(gradient(), "JPEG", exif=exif), "image", ""
    yield "turned.png", encoded(gradient(), exif=_exif(6)), "image", ""
    yield "turned.webp", encoded(gradient(), "WEBP", exif=_exif(6)), "image", ""
    yield "turned.tif", encoded(gradient(), "TIFF", tiffinfo={0x0112: 6}), "image", ""
    yield "orientation-99.jpg", encoded(gradient(), "JPEG", exif=_exif(99)), "image", ""
    yield "exif-junk.jpg", encoded(gradient(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"), "image", ""
    yield "interlaced.gif", encoded(gradient(mode="P"), "GIF", interlace=1), "image", ""
    yield "progressive.jpg", encoded(gradient(), "JPEG", progressive=True), "image", ""
    yield (
        "pages.tif",
        encoded(gradient(), "TIFF", save_all=True, append_images=[gradient(9, 9)]),
        "image",
        "more than one",
    )
    others = [gradient(40, 60), gradient(20, 20)]
    yield "parts.jpg", encoded(gradient(), "MPO", save_all=True, append_images=others), "image", "more than one"
    moves = {"save_all": True, "append_images": [gradient().rotate(180)], "duration": 70}
    yield "moves.gif", encoded(gradient(), "GIF", **moves), "video", ""
    yield "moves.webp", encoded(gradient(), "WEBP", **moves), "video", ""
    yield "moves.png", encoded(gradient(), "PNG", **moves), "video", ""
    yield "2000-frames.gif", gif(2000), "video", ""
    yield "still-says-it-moves.png", _one_frame_apng(), "image", ""
    yield "padded-with-a-picture.png", encoded(gradient()) + encoded(gradient(), "JPEG") * 50, "image", ""


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _one_frame_apng() -> bytes:
    return png(4, 4, b"\x00\x80\x80\x80\x80" * 4, extra=png_chunk(b"acTL", struct.pack(">II", 1, 0)))


def _colours() -> Iterator[Case]:
    for mode in ("1", "L", "LA", "P", "RGBA"):
        yield f"mode-{mode}.png", encoded(gradient(mode=mode)), "image", ""
    ramp = Image.fromarray(np.linspace(0, 65535, 2400).astype(np.uint16).reshape(40, 60))
    yield "16-bit.png", encoded(ramp), "image", ""
    yield "16-bit.tif", encoded(ramp, "TIFF"), "image", ""
    yield "16-bit-rgb.png", png(2, 2, (b"\x00" + b"\xff\xff\x80\x00\x00\x00" * 2) * 2, depth=16, colour=2), "image", ""
    floats = Image.fromarray(np.linspace(-3, 7, 2400, dtype=np.float32).reshape(40, 60))
    yield "float.tif", encoded(floats, "TIFF"), "image", "no fixed range"
    empty = Image.fromarray(np.full((4, 4), np.nan, np.float32))
    yield "not-a-number.tif", encoded(empty, "TIFF"), "image", "no fixed range"
    yield "cmyk.jpg", encoded(gradient(mode="CMYK"), "JPEG"), "image", ""
    yield "cmyk.tif", encoded(gradient(mode="CMYK"), "TIFF", compression="tiff_lzw"), "image", ""
    yield "lab.tif", encoded(gradient(mode="LAB"), "TIFF"), UnsupportedMedia, "LAB"
    yield "ycbcr.jpg", encoded(gradient(), "JPEG", subsampling=2), "image", ""
    yield "fax.tif", encoded(gradient(mode="1"), "TIFF", compression="group4"), "image", ""
    yield "palette-see-through.png", encoded(gradient(mode="P"), transparency=3), "image", ""
    yield "palette-half-see-through.png", encoded(gradient(mode="P"), transparency=bytes(range(256))), "image", ""
    yield "colour-key.png", encoded(gradient(), transparency=(0, 0, 255)), "image", ""
    yield "bmp-8.bmp", encoded(gradient(mode="P"), "BMP"), "image", ""
    yield "lossless.webp", encoded(gradient(mode="RGBA"), "WEBP", lossless=True), "image", ""


def _damaged() -> Iterator[Case]:
    whole = {
        "PNG": encoded(gradient(200, 200)),
        "JPEG": encoded(gradient(200, 200), "JPEG"),
        "WEBP": encoded(gradient(200, 200), "WEBP"),
        "BMP": encoded(gradient(200, 200), "BMP"),
        "TIFF": encoded(gradient(200, 200), "TIFF"),
        "GIF": encoded(gradient(200, 200, "P"), "GIF"),
    }
    for kind, data in whole.items():
        yield f"half.{kind.lower()}", data[: len(data) // 2], UnreadableMedia, kind.replace("WEBP", "WebP")
        yield f"start.{kind.lower()}", data[:24], UnreadableMedia, "damaged"
    yield "flipped.png", whole["PNG"][:60] + b"\x00" * 40 + whole["PNG"][100:], UnreadableMedia, "damaged"
    yield "no-frames.gif", b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0, 0, 0) + b"\x3b", UnreadableMedia, "GIF"
    yield "0x0.png", png(0, 0, b""), UnreadableMedia, ""
    yield "rows-missing.png", png(500, 500, bytes(501 * 3)), "image", ""
    yield "signature-only.jpg", b"\xff\xd8\xff", UnreadableMedia, "JPEG"
    fax = encoded(gradient(200, 200, "1"), "TIFF", compression="group4")
    yield "damaged-rows.tif", fax[:60] + b"\xaa" * 340 + fax[400:], "image", ""
    loop = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 0) + struct.pack("<I", 8)
    yield "circle.tif", loop, UnreadableMedia, "TIFF"


def _too_large() -> Iterator[Case]:
    yield "65000x65000.png", png(65000, 65000, bytes(60)), LimitExceeded, "65000x65000"
    yield "12000x12000.png", flat_png(12000, 12000, depth=1), LimitExceeded, "megapixels"
    yield "1x20000.png", flat_png(1, 20000), LimitExceeded, "200 times"
    yield "100000x1.png", flat_png(100000, 1), LimitExceeded, "at most 32768"
    yield "60-megapixels.png", flat_png(10000, 6000), "image", "read at"
    yield "62-megapixels-rgb.png", png(7900, 7900, bytes(7900 * 3 + 1) * 100, colour=2), LimitExceeded, "MiB"
    yield (
        "huge-canvas.gif",
        gif(2)[:6] + struct.pack("<HH", 65535, 65535) + gif(2)[10:],
        LimitExceeded,
        "no size or over",
    )
    text = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(80 * 2**20), 9))
    yield "text-bomb.png", png(4, 4, bytes(20), extra=text), UnreadableMedia, "PNG"
    yield "many-chunks.png", png(4, 4, bytes(20), extra=png_chunk(b"teSt", b"") * 100_000), LimitExceeded, "pieces"
    segments = encoded(gradient(), "JPEG")
    yield "many-segments.jpg", segments[:2] + b"\xff\xe1\x00\x02" * 200_000 + segments[2:], LimitExceeded, "pieces"
    comments = b"\x21\xfe\x01a\x00" * 200_000
    yield "many-comments.gif", gif(1)[:19] + comments + gif(1)[19:], LimitExceeded, "pieces"
    scans = encoded(gradient(200, 200), "JPEG", progressive=True)
    yield "many-scans.jpg", scans[:-2] + scans[-40:-2] + b"\xff\xda" * 300, LimitExceeded, "scans"


def _foreign() -> Iterator[Case]:
    """Formats that are known and refused, under a name that promises another one."""
    heads = {
        "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        "AVIF": b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif",
        "Photoshop": b"8BPS\x00\x01" + bytes(20),
        "JPEG 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(20),
        "JPEG XL": b"\xff\x0a" + bytes(20),
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "icon": b"\x00\x00\x01\x00\x01\x00" + bytes(20),
        "SVG": b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
        "FITS": b"SIMPLE  =                    T" + bytes(60),
        "DICOM": b"II*\x00" + bytes(124) + b"DICM" + bytes(20),
        "OpenEXR": b"v/1\x01" + bytes(20),
    }
    for name, head in heads.items():
        yield f"{name.lower().replace(' ', '-')}-inside.png", head, UnsupportedMedia, name
    yield "png-inside.mp3", encoded(gradient()), "image", ""
    yield "jpeg-inside.txt", encoded(gradient(), "JPEG"), "image", ""
