"""Rows of a webdataset tar: neighbouring members with one name up to the first dot are a sample, their endings columns.

    0001.jpg 0001.txt 0002.jpg 0002.txt ...

Texts and JSON are read; media stay where they are, known by offset and size, so any of them can be had at any time.
"""

import json
import tarfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import groupby
from pathlib import Path, PurePosixPath

from sensorium.core.errors import UnreadableMedia
from sensorium.data.records.record import Extent
from sensorium.data.records.rows import Row, opened

_TEXT = ("txt", "text", "caption")
_MOST_TEXT = 1 << 20


class TarRows:
    """The samples of one tar that is not packed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _samples(self) -> list[dict[str, Extent]]:
        return list(self._scan())

    def _scan(self) -> Iterator[dict[str, Extent]]:
        """Of each sample, endings to places. Raises: UnreadableMedia for what is no tar, or a damaged one."""
        try:
            with opened(self.path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
                files = (member for member in tar if member.isfile())
                for _, members in groupby(files, key=lambda member: _parts(member.name)[0]):
                    yield {_parts(each.name)[1]: Extent(self.path, each.offset_data, each.size) for each in members}
        except tarfile.TarError as error:
            raise UnreadableMedia(
                f"{self.path}: {str(error).partition(chr(10))[0]}; expected a whole tar that is not packed. Unpack it "
                "first (gunzip), or fetch it again."
            ) from error

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[Row]:
        for number, sample in enumerate(self._scan()):
            yield _row(number, sample)

    def __getitem__(self, number: int) -> Row:
        return _row(number, self._samples[number])


def _parts(name: str) -> tuple[str, str]:
    """The name of a sample, and the ending of its member: "a.b/0001.seg.png" to "a.b/0001", "seg.png"."""
    path = PurePosixPath(name)
    stem, _, ending = path.name.partition(".")
    return str(path.with_name(stem)) if stem else name, ending.lower()


def _row(number: int, sample: Mapping[str, Extent]) -> Row:
    values: dict[str, object] = {}
    try:
        for ending, extent in sample.items():
            values[ending] = extent
            if ending in _TEXT:
                values[ending] = read_extent(extent, _MOST_TEXT).decode("utf-8-sig").strip()
            elif ending == "json":
                values[ending] = json.loads(read_extent(extent, _MOST_TEXT))
    except (ValueError, RecursionError) as error:
        return Row(number, {}, (f"its {ending} cannot be read ({error})", "Correct this member."))
    return Row(number, values)


def read_extent(extent: Extent, most: int) -> bytes:
    """The bytes of an extent, at most `most` and one more. Raises: UnreadableMedia when they end too early."""
    wanted = min(extent.size, most + 1)
    with opened(extent.file) as file:
        file.seek(extent.offset)
        data = file.read(wanted)
    if len(data) < wanted:
        raise UnreadableMedia(
            f"{extent.file}: ends in the middle of a member ({len(data)} of {extent.size} bytes). Fetch it again."
        )
    return data
