"""Media that records name, read: a path below the folder of the media, a data URI, bytes, or a place in an archive."""

from collections.abc import Sequence
from pathlib import Path

from sensorium.chat.message import Message, Part
from sensorium.data.records.record import Draft, Record, Reference
from sensorium.data.records.tar_rows import read_extent
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.source import Source, printable, read_source
from sensorium.media.types import Media


def name_of(reference: Reference) -> str:
    """What to call a medium in messages."""
    match reference.source:
        case str(path):
            return "data URI" if path[:5].lower() == "data:" else printable(Path(path).name or path)
        case bytes():
            return "bytes"
        case extent:
            return f"{extent.file.name} at {extent.offset}"


def located(reference: Reference, folder: Path) -> Path | str | bytes:
    """What `load_media` takes: a file by its path. Raises: UnreadableMedia for a place in a file that is not there."""
    match reference.source:
        case str(path):
            as_it_is = path[:5].lower() == "data:" or "://" in path
            return path if as_it_is else folder / path
        case bytes(data):
            return data
        case extent:
            return read_extent(extent, Limits().file_bytes)


def read_bytes(reference: Reference, folder: Path, limits: Limits) -> Source:
    """The bytes of a medium. Raises: InputError."""
    return read_source(located(reference, folder), limits, name_of(reference))


def read_medium(reference: Reference, folder: Path, limits: Limits | None = None) -> Media:
    """A medium, decoded. Raises: InputError."""
    return load_media(located(reference, folder), limits=limits, name=name_of(reference), want=reference.modality)


def read_messages(record: Record, folder: Path, limits: Limits | None = None) -> tuple[Message, ...]:
    """The talk of a record, its media decoded. Raises: InputError for the first that cannot be."""
    return tuple(Message(draft.role, _parts(draft, folder, limits)) for draft in record.messages)


def _parts(draft: Draft, folder: Path, limits: Limits | None) -> tuple[Part, ...]:
    parts: Sequence[Part] = [
        read_medium(part, folder, limits) if isinstance(part, Reference) else part for part in draft.parts
    ]
    return tuple(parts)
