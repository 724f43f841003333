"""One medium examined: is it there, whole, of a kind and size that are read; its hash, and how it looks.

By default only the header is read, and whether the file has the end that its format asks for; what looks odd is decoded
to be sure. `thorough` decodes everything. No torch here, so that worker processes start at once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from sensorium.core.errors import InputError, LimitExceeded, UnsupportedMedia
from sensorium.data.records.media import read_bytes
from sensorium.data.records.record import Fault, Kind, Reference
from sensorium.media.image import check_size, open_picture
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.sniff import ANIMATED_WEBP, Format, sniff
from sensorium.media.source import Source
from sensorium.media.types import Image

_ENDINGS = {"PNG": (b"IEND\xaeB`\x82", 12), "JPEG": (b"\xff\xd9", 64), "GIF": (b";", 4)}
"""How whole files end, and in how many last bytes that is looked for."""

_LEAST_CONTRAST = 16
"""Grey levels between darkest and lightest under which a picture looks like any other."""


@dataclass(frozen=True)
class Exam:
    """How media are examined: decoded whole (`thorough`), and with a hash of how they look (`looks`)."""

    thorough: bool = False
    looks: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Examined:
    """What is known of a medium: digest of its bytes (empty: not readable), what is wrong, 128 bits of its look."""

    digest: bytes = b""
    fault: Fault | None = None
    look: int | None = None


def examine_many(references: Sequence[Reference], exam: Exam) -> list[Examined]:
    """Examine media whose paths are whole."""
    return [examine(reference, exam) for reference in references]


def examine(reference: Reference, exam: Exam) -> Examined:
    """Examine a medium whose path is whole."""
    digest, look = b"", None
    try:
        source = read_bytes(reference, Path(), exam.limits)
        digest = hashlib.blake2b(source.data, digest_size=16).digest()
        look = _examine(source, reference, exam)
    except InputError as error:
        return Examined(digest, _fault(reference, error))
    return Examined(digest, None, look)


def _examine(source: Source, reference: Reference, exam: Exam) -> int | None:
    """Returns: how it looks, where that is asked for and it is a picture. Raises: InputError."""
    found = sniff(source.data)
    if not exam.thorough and found.kind == "image" and found is not ANIMATED_WEBP and reference.modality != "audio":
        look = _header(source, found, exam)
        if _ends_well(source.data, found):
            return look
    elif (
        not exam.thorough and found.kind == "av" and reference.modality != "image" and _has_streams(source, found, exam)
    ):
        return None
    medium = load_media(source.data, limits=exam.limits, name=source.name, want=reference.modality)
    return look_of(Pillow.fromarray(medium.pixels)) if exam.looks and isinstance(medium, Image) else None


def _header(source: Source, found: Format, exam: Exam) -> int | None:
    with open_picture(source.data, found, source.name) as picture:
        check_size(picture.size, source.name, exam.limits)
        if not exam.looks:
            return None
        picture.draft("L", (64, 64))
        return look_of(picture)


def _ends_well(data: bytes, found: Format) -> bool:
    if found.name == "WebP":
        return len(data) >= 8 + int.from_bytes(data[4:8], "little")
    ending, within = _ENDINGS.get(found.name, (b"", 0))
    return bool(ending) and ending in data[-within:]


def _has_streams(source: Source, found: Format, exam: Exam) -> bool:
    """Whether the container opens and has sound or film in it."""
    from sensorium.media.container import open_container

    with open_container(source.data, found, source.name, exam.limits) as container:
        return any(stream.type in ("audio", "video") for stream in container.streams)


def look_of(picture: Pillow.Image) -> int | None:
    """128 bits: where brightness grows to the right, and downwards, on a grid of 9 x 9; None for a plain picture.

    Pictures that are scaled, saved again or slightly recoloured keep most of them.
    """
    grey = np.asarray(picture.convert("L").resize((9, 9), Pillow.Resampling.BOX), np.int16)
    if int(grey.max()) - int(grey.min()) < _LEAST_CONTRAST:
        return None
    bits = np.concatenate([(grey[:8, 1:] > grey[:8, :-1]).ravel(), (grey[1:, :8] > grey[:-1, :8]).ravel()])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _fault(reference: Reference, error: InputError) -> Fault:
    what, _, advice = str(error).rpartition(". ")
    return Fault(_kind(reference, error), what or advice, advice if what else "Look at the file.")


def _kind(reference: Reference, error: InputError) -> Kind:
    if isinstance(error, LimitExceeded):
        return "oversize"
    if isinstance(error, UnsupportedMedia):
        return "unsupported"
    path = reference.source
    there = not isinstance(path, str) or path[:5].lower() == "data:" or Path(path).exists()
    return "corrupt" if there else "missing"
