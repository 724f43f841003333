"""Rows of CSV and TSV: a line of names, then one row a line; a quoted value may hold line ends."""

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sensorium.core.errors import UnsupportedMedia
from sensorium.data.records.rows import MOST_BYTES, Found, Row, TextRows, opened

_DELIMITERS = "\t,;|"


def csv_rows(path: Path) -> TextRows:
    """The rows of a file whose first line names the columns; what separates them is found out from it.

    Raises: UnsupportedMedia when the first line does not name two columns.
    """
    with opened(path) as file:
        header = next(_scan(file), Found(0, b"")).raw.decode("utf-8-sig", "replace").strip("\r\n")
    delimiter = max(_DELIMITERS, key=header.count)
    names = _split(header, delimiter)
    if len(names) < 2:
        raise UnsupportedMedia(
            f"{path}: its first line is {header[:60]!r}; expected the names of columns, as in 'filepath,title'. "
            "Write them there."
        )
    return TextRows(path, _behind_names, partial(_parse, names=tuple(names), delimiter=delimiter))


def _behind_names(file: BinaryIO) -> Iterator[Found]:
    rows = _scan(file)
    next(rows, None)
    return rows


def _scan(file: BinaryIO) -> Iterator[Found]:
    """Whole rows: while a quote is open, the next line belongs to it too."""
    offset, raw = 0, b""
    while line := file.readline(MOST_BYTES):
        raw += line
        if raw.count(b'"') % 2 and len(raw) < MOST_BYTES:
            continue
        if raw.strip():
            yield Found(offset, raw)
        offset, raw = offset + len(raw), b""
    if raw.strip():
        yield Found(offset, raw)


def _parse(raw: bytes, number: int, *, names: tuple[str, ...], delimiter: str) -> Row:
    try:
        values = _split(raw.decode("utf-8-sig").strip("\r\n"), delimiter)
    except UnicodeDecodeError as error:
        return Row(number, {}, (f"byte {error.start} is not UTF-8", "Save the file in UTF-8."))
    except csv.Error as error:
        return Row(number, {}, (f"not CSV ({error})", "Correct the quotes of this row."))
    if len(values) != len(names):
        what = f"{len(values)} values for the {len(names)} columns {', '.join(names)}"
        return Row(number, {}, (what, "Quote values that hold the separator."))
    return Row(number, dict(zip(names, values, strict=True)))


def _split(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])
