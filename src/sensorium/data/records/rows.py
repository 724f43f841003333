"""Rows of a file of any size: in order without holding more than one, or by number through an index of offsets.

The index is made by one pass when it is first needed, 16 bytes a row, so that a training sample can be a function of
(seed, step) without the file in memory.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from sensorium.core.errors import UnreadableMedia

MOST_BYTES = 64 * 2**20
"""Of one row; what is longer is no row."""

Values = Mapping[str, object]


@dataclass(frozen=True)
class Row:
    """One row: its values by column; or why it cannot be read, in two parts (`fault`, what to do)."""

    number: int
    values: Values
    fault: tuple[str, str] | None = None


class Rows(Protocol):
    """The rows of one file."""

    path: Path

    def __len__(self) -> int:
        """How many there are, unreadable ones included."""

    def __iter__(self) -> Iterator[Row]:
        """In the order of the file."""

    def __getitem__(self, number: int) -> Row:
        """The row of that number, from 0."""


class Found(NamedTuple):
    """The bytes of a row, and where they stand in the file."""

    offset: int
    raw: bytes


class TextRows:
    """Rows of a text file.

    scan: from an open file to its rows, one after the other. parse: from a row's bytes and number to its values.
    """

    def __init__(
        self, path: Path, scan: Callable[[BinaryIO], Iterator[Found]], parse: Callable[[bytes, int], Row]
    ) -> None:
        self.path = path
        self._scan = scan
        self._parse = parse

    @cached_property
    def _index(self) -> tuple["array[int]", "array[int]"]:
        """Offset and size of every row."""
        offsets, sizes = array("q"), array("q")
        with opened(self.path) as file:
            for found in self._scan(file):
                offsets.append(found.offset)
                sizes.append(len(found.raw))
        return offsets, sizes

    def __len__(self) -> int:
        return len(self._index[0])

    def __iter__(self) -> Iterator[Row]:
        with opened(self.path) as file:
            for number, found in enumerate(self._scan(file)):
                yield self._parse(found.raw, number)

    def __getitem__(self, number: int) -> Row:
        offsets, sizes = self._index
        with opened(self.path) as file:
            file.seek(offsets[number])
            return self._parse(file.read(sizes[number]), number)


def opened(path: Path) -> BinaryIO:
    """The file, open for reading. Raises: UnreadableMedia."""
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableMedia(
            f"{path}: {(error.strerror or str(error)).lower()}; expected a file of records. Check the path."
        ) from error
