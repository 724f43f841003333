"""Still pictures through Pillow: bytes to upright RGB pixels on white, with bounded memory.

The header is judged before a pixel is decoded, by our limits and not by Pillow's process-wide ones. Only the plugin
of the sniffed format is tried. A large JPEG is decoded at 1/2, 1/4 or 1/8 size; any other large picture is decoded
once and brought down in bands of rows, so no second full copy exists.
"""

import importlib
import io
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFile

from sensorium.core.errors import LimitExceeded, SensoriumError, UnreadableMedia, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.quiet import quiet_decoders
from sensorium.media.sniff import Format
from sensorium.media.structure import check_pieces
from sensorium.media.types import Image, on_white

Pixels = NDArray[np.uint8]

_PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "jpeg_factory"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "WebP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
}
_MODES = {  # bytes that a pixel takes in Pillow, and for the wide ones while their range is looked for
    **{"1": 1, "L": 1, "P": 1, "RGB": 4, "RGBA": 4, "LA": 4, "PA": 4, "La": 4, "RGBa": 4, "RGBX": 4, "CMYK": 4},
    **{"YCbCr": 4, "HSV": 4, "I;16": 2, "I;16B": 2, "I;16L": 2, "I": 10, "F": 10},
}
_WIDE_MODES = ("I;16", "I;16B", "I;16L", "I", "F")
_ALPHA_MODES = ("RGBA", "LA", "PA", "RGBa", "La")
_ORIENTATION_TAG = 0x0112
_DAMAGE = (AttributeError, EOFError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error)
_MOST_JPEG_SCANS = 200
_BAND_PIXELS = 1_000_000


def read_image(data: bytes, found: Format, name: str, limits: Limits) -> Image:
    """Decode the picture in `data`, the first one if there are several.

    Raises:
        LimitExceeded: size, side, shape or decoding memory over `limits`.
        UnreadableMedia: damaged or cut short.
        UnsupportedMedia: a colour model that cannot be turned into RGB.
    """
    with open_picture(data, found, name) as picture:
        stored = picture.size
        check_size(stored, name, limits)
        if picture.mode not in _MODES:
            raise UnsupportedMedia(f"{name}: colours as {picture.mode}; expected RGB or grey. Convert it to PNG.")
        _shrink_while_decoding(picture, data, name, limits)
        notices = []
        if getattr(picture, "is_animated", False):
            notices.append(f"{name}: holds more than one picture; only the first is used.")
        picture.load()
        if picture.mode in ("I", "F"):
            notices.append(f"{name}: has no fixed range of brightness; its darkest became black, its brightest white.")
        pixels = _upright(rgb_on_white(picture, limits.kept_pixels), _orientation(picture))
    if pixels.shape[0] * pixels.shape[1] < stored[0] * stored[1]:
        height, width = pixels.shape[:2]
        notices.append(f"{name}: {stored[0]}x{stored[1]} pixels, read at {width}x{height}.")
    return Image(pixels, name, tuple(notices))


@contextmanager
def open_picture(data: bytes, found: Format, name: str) -> Iterator[ImageFile.ImageFile]:
    """Hand out the opened, undecoded picture; whatever Pillow raises inside becomes one of our errors."""
    check_pieces(data, found.decoder, name)
    module, factory = _PLUGINS[found.decoder]
    with quiet_decoders():
        try:
            with getattr(importlib.import_module(module), factory)(io.BytesIO(data), "") as picture:
                yield picture
        except SensoriumError:
            raise
        except Pillow.DecompressionBombError as error:
            raise LimitExceeded(f"{name}: its parts are larger than its header allows. Save it again.") from error
        except MemoryError as error:
            raise LimitExceeded(f"{name}: decoding it takes more memory than there is. Make it smaller.") from error
        except Exception as error:  # decoders raise nearly anything on damaged bytes
            raise UnreadableMedia(
                f"{name}: damaged or incomplete {found.name} ({_reason(error)}); expected a whole picture. "
                "Save or copy it again."
            ) from error


def check_size(size: tuple[int, int], name: str, limits: Limits) -> None:
    """Refuse a picture or frame of `size` (width, height) over `limits`, before it is decoded."""
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableMedia(f"{name}: {width}x{height} pixels; expected at least 1x1. Save the picture again.")
    shape = f"{name}: {width}x{height} pixels"
    if max(size) > limits.side:
        raise LimitExceeded(f"{shape}; a side may have at most {limits.side}. Scale it down or cut it.")
    if width * height > limits.pixels:
        raise LimitExceeded(f"{shape}; at most {limits.pixels / 1e6:g} megapixels are read. Scale it down or cut it.")
    if max(size) > limits.aspect * min(size):
        raise LimitExceeded(f"{shape}; one side may be at most {limits.aspect:g} times the other. Cut it into pieces.")


def _shrink_while_decoding(picture: ImageFile.ImageFile, data: bytes, name: str, limits: Limits) -> None:
    """Let a JPEG decode at reduced size, and refuse what would still take too much memory."""
    coefficients = 0.0
    stored_pixels = picture.width * picture.height
    if picture.format in ("JPEG", "MPO"):
        scans = data.count(b"\xff\xda")  # previews inside have one each
        if picture.info.get("progressive") or scans >= 3:
            coefficients = _coefficient_bytes(picture)
        if scans > _MOST_JPEG_SCANS:
            raise LimitExceeded(f"{name}: {scans} JPEG scans; expected at most {_MOST_JPEG_SCANS}. Save it again.")
        shrink = next((s for s in (1, 2, 4) if stored_pixels <= limits.kept_pixels * s * s), 8)
        picture.draft(None, (picture.width // shrink, picture.height // shrink))
    pixels = picture.width * picture.height
    copies = {"WEBP": 4, "TIFF": 1.75}.get(picture.format or "", 1)  # what the decoder itself holds beside the result
    needed = int(pixels * _MODES[picture.mode] * copies + coefficients) + len(data)
    if needed > limits.image_memory:
        raise LimitExceeded(
            f"{name}: decoding {pixels / 1e6:.0f} megapixels of this {picture.format} takes {needed / 2**20:.0f} MiB; "
            f"at most {limits.image_memory / 2**20:.0f} MiB are given. Scale it down, or save it as JPEG."
        )


def _coefficient_bytes(picture: ImageFile.ImageFile) -> float:
    """Memory for the coefficients of a JPEG in several scans, which are held whole at full size: 2 bytes each."""
    factors = [(layer[1], layer[2]) for layer in getattr(picture, "layer", ())] or [(1, 1)] * 4
    most = max(h for h, _ in factors) * max(v for _, v in factors)
    return 2.0 * picture.width * picture.height * sum(h * v for h, v in factors) / most


def rgb_on_white(picture: Pillow.Image, kept_pixels: int) -> Pixels:
    """RGB [height, width, 3] of a decoded picture, transparent parts white, brought down to `kept_pixels`."""
    width, height = picture.size
    factor = math.ceil(math.sqrt(width * height / kept_pixels))
    rows = max(1, _BAND_PIXELS // width // factor) * factor
    spread = _range(picture)
    pixels = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8)
    for top in range(0, height, rows):
        band = _band_to_rgb(picture.crop((0, top, width, min(top + rows, height))), spread)
        if factor > 1:
            band = np.asarray(Pillow.fromarray(band).reduce(factor))
        pixels[top // factor : top // factor + len(band)] = band
    return pixels


def _range(picture: Pillow.Image) -> tuple[float, float]:
    """Values that become black and white for the modes that are wider than a byte."""
    if picture.mode.startswith("I;16"):
        return 0.0, 65535.0
    if picture.mode in ("I", "F"):
        values = np.asarray(picture)
        finite = values[np.isfinite(values)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return 0.0, 255.0


def _band_to_rgb(band: Pillow.Image, spread: tuple[float, float]) -> Pixels:
    if band.mode in _WIDE_MODES:
        low, high = spread
        scaled = (np.asarray(band).astype(np.float32) - low) * (255.0 / max(high - low, 1e-30))
        grey = np.rint(np.clip(np.nan_to_num(scaled), 0, 255)).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if band.mode in _ALPHA_MODES or "transparency" in band.info:
        return on_white(np.asarray(band.convert("RGBA")))
    return np.asarray(band if band.mode == "RGB" else band.convert("RGB"))


def _orientation(picture: ImageFile.ImageFile) -> int:
    """The EXIF orientation 1 … 8; damaged EXIF counts as upright."""
    try:
        value = picture.getexif().get(_ORIENTATION_TAG, 1)
    except _DAMAGE:  # it must not cost the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo an EXIF orientation."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _reason(error: Exception) -> str:
    """A decoder's complaint in a few words on one line, without addresses of objects."""
    text = " ".join(str(error).split())
    return text[:120] if text and "0x" not in text and "object at" not in text else type(error).__name__
