"""Which format a file has, told from its content and its columns; and rows of it to records."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sensorium.core.errors import InputError, UnreadableMedia, UnsupportedMedia
from sensorium.data.records.captions import is_captioned, read_caption
from sensorium.data.records.columns import Columns, renamed
from sensorium.data.records.conversations import COLUMNS, read_conversation
from sensorium.data.records.csv_rows import csv_rows
from sensorium.data.records.instructions import ANSWERS, read_instruction
from sensorium.data.records.json_rows import json_rows
from sensorium.data.records.parquet_rows import ParquetRows
from sensorium.data.records.record import Fault, Record
from sensorium.data.records.rows import Row, Rows, Values, opened
from sensorium.data.records.talks import Misread, Said, fill, named_media
from sensorium.data.records.tar_rows import TarRows

Reader = Callable[[Values, Columns], list[Said]]
"""From the columns of a row to who says what. Raises: Misread."""

FORMATS = (
    "talks (messages or conversations: LLaVA, ShareGPT, LLaMA-Factory, ms-swift, OpenAI), questions (instruction or "
    "query with output or response), or captions (filepath and title, or a tar of .jpg and .txt)"
)
_LOOKED_AT = 20
"""Rows from the start among which one has to be readable."""


def open_rows(path: Path) -> Rows:
    """The rows of a file, by its content. Raises: UnreadableMedia, UnsupportedMedia."""
    with opened(path) as file:
        head = file.read(4096)
    if head[:4] == b"PAR1":
        return ParquetRows(path)
    if head[257:262] == b"ustar":
        return TarRows(path)
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first in (b"[", b"{"):
        return json_rows(path, lines=first == b"{")
    if not first:
        raise UnreadableMedia(f"{path}: empty, expected records. Check that it was saved or copied whole.")
    if b"\0" in head:
        raise UnsupportedMedia(
            f"{path}: neither JSON, JSON lines, CSV, parquet nor a tar that is not packed. Unpack or convert it."
        )
    return csv_rows(path)


def find_reader(rows: Rows, columns: Columns) -> Reader:
    """Which reader takes the rows of a file, by the columns of the first that is readable.

    Raises: UnsupportedMedia, with the columns that there are, when none does; UnreadableMedia when no row is readable.
    """
    fault = ("no rows", "Check the path.")
    for row in rows:
        if row.fault is None:
            return _reader(renamed(row.values, columns), rows.path)
        fault = row.fault if row.number == 0 else fault
        if row.number >= _LOOKED_AT:
            break
    raise UnreadableMedia(f"{rows.path}: {fault[0]}; expected records. {fault[1]}")


def _reader(values: Values, path: Path) -> Reader:
    if any(name in values for name in COLUMNS):
        return read_conversation
    if any(name in values for name in ANSWERS):
        return _instruction
    if is_captioned(values):
        return _caption
    raise UnsupportedMedia(
        f"{path}: got the columns {', '.join(map(str, values)) or 'none'}; expected {FORMATS}. Rename them, or say "
        "which is which: columns: {messages: ...}."
    )


def _instruction(values: Values, columns: Columns) -> list[Said]:
    return read_instruction(values)


def _caption(values: Values, columns: Columns) -> list[Said]:
    return read_caption(values)


def to_record(row: Row, read: Reader, columns: Columns, *, source: str) -> Record:
    """A row as a record; what cannot be read becomes one with a fault and without messages."""
    if row.fault is not None:
        return Record(row.number, source, (), faults=(Fault("unreadable", *row.fault),))
    values = renamed(row.values, columns)
    split = values.get("split")
    split = split if isinstance(split, str) else ""
    try:
        said: Sequence[Said] = read(values, columns)
        messages, faults = fill(said, {} if read is _caption else named_media(values))
    except Misread as error:
        return Record(row.number, source, (), split, (error.fault,))
    except InputError as error:  # a member of a damaged archive
        return Record(row.number, source, (), split, (Fault("unreadable", str(error), "Fetch it again."),))
    return Record(row.number, source, messages, split, faults)
