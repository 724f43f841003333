"""Rows of JSON: one object a line, or the objects of one array, whatever the size of the file.

An array is decoded object by object from a buffer that grows to the size of its largest one. A line that is not JSON
costs only itself; in an array nobody can tell where the next object begins, so reading ends there, with a row that says
so.
"""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sensorium.data.records.rows import MOST_BYTES, Found, Row, TextRows

_CHUNK = 1 << 20
_BETWEEN = " \t\r\n,\ufeff"
_BYTES = "surrogateescape"
"""Bytes that are not UTF-8 become half characters, so that offsets stay true."""


def json_rows(path: Path, *, lines: bool) -> TextRows:
    """The rows of a file of JSON lines, or of one JSON array."""
    return TextRows(path, scan_lines, parse_line) if lines else TextRows(path, scan_array, parse_item)


def scan_lines(file: BinaryIO) -> Iterator[Found]:
    """Every line that is not blank; of a longer one than a row may be, its beginning."""
    offset = 0
    while line := file.readline(MOST_BYTES + 1):
        raw, length = line, len(line)
        while len(line) > MOST_BYTES and not line.endswith(b"\n"):
            line = file.readline(MOST_BYTES + 1)
            length += len(line)
        if raw.strip() and raw.strip() != codecs.BOM_UTF8:
            yield Found(offset, raw)
        offset += length


def scan_array(file: BinaryIO) -> Iterator[Found]:
    """Every item of an array, as it is written; then, if it does not end as it should, the beginning of what is left.

    Only an item that is an object is decoded to find its end: decoding again is cheaper than any search in Python.
    """
    window = _Window(file)
    window.skip(_BETWEEN)
    window.skip("[", once=True)
    while True:
        window.skip(_BETWEEN)
        found = window.item()
        if found is not None:
            yield found
            continue
        rest = window.rest()
        if rest.raw.lstrip()[:1] != b"]":
            yield rest
        return


class _Window:
    """The part of a file that is being decoded: text, and the byte offset at which it begins."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")(_BYTES)
        self._text, self._at, self._offset = "", 0, 0
        self._ended = False

    def skip(self, letters: str, *, once: bool = False) -> None:
        """Go on behind letters of these; `once`: behind one at most."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in letters:
                self._offset += len(self._text[self._at].encode())
                self._at += 1
                if once:
                    return
            if self._at < len(self._text) or not self._more(_CHUNK):
                return

    def item(self) -> Found | None:
        """The next object; None where there is none, or no whole one."""
        size = _CHUNK
        while self._text[self._at : self._at + 1] == "{":
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except (json.JSONDecodeError, RecursionError):
                if len(self._text) - self._at > MOST_BYTES or not self._more(size):
                    return None
                size *= 2
                continue
            raw = self._text[self._at : end].encode(errors=_BYTES)
            found = Found(self._offset, raw)
            self._at, self._offset = end, self._offset + len(raw)
            return found
        return None

    def rest(self) -> Found:
        """The beginning of what is left."""
        return Found(self._offset, self._text[self._at : self._at + 400].encode(errors=_BYTES))

    def _more(self, size: int) -> bool:
        """Take more of the file in, and let go of what was decoded. Returns: whether there was any."""
        if self._ended:
            return False
        data = self._file.read(size)
        self._ended = not data
        self._text = self._text[self._at :] + self._decode.decode(data, final=self._ended)
        self._at = 0
        return bool(data)


_DECODER = json.JSONDecoder()


def parse_line(raw: bytes, number: int) -> Row:
    """A line of JSON lines."""
    if len(raw) > MOST_BYTES:
        return Row(number, {}, (f"a line of over {MOST_BYTES >> 20} MiB", "Keep media in files of their own."))
    return _parse(raw, number, "Correct this line.")


def parse_item(raw: bytes, number: int) -> Row:
    """An item of an array, or what stands where one should."""
    return _parse(raw, number, "What follows is not read: correct this place, or write one object a line (JSONL).")


def _parse(raw: bytes, number: int, advice: str) -> Row:
    try:
        values = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Row(number, {}, (f"byte {error.start} is not UTF-8", "Save the file in UTF-8."))
    except (ValueError, RecursionError) as error:
        return Row(number, {}, (f"not JSON ({error})", advice))
    if not isinstance(values, dict):
        return Row(number, {}, (f"got {type(values).__name__}, expected an object with keys", advice))
    return Row(number, values)
