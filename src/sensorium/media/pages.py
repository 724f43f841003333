"""PDF files, page by page: the text of a page, and its picture, drawn when it is asked for (PDFium, extra `documents`).

A page is drawn to fit a square, whatever size it claims, so its memory is known beforehand.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from sensorium.core.errors import LimitExceeded, UnreadableMedia, UnsupportedMedia
from sensorium.core.packages import require
from sensorium.media.limits import Limits
from sensorium.media.sniff import sniff
from sensorium.media.source import read_source
from sensorium.media.text import visible
from sensorium.media.types import Image

SIDE = 1024
"""Pixels of the longer side of a drawn page."""

_ONE_AT_A_TIME = threading.Lock()
"""PDFium must not be called by two threads at once, for different files neither."""


@dataclass(frozen=True, eq=False)
class Page:
    """A page: its number from 1, its text, and a way to its picture."""

    number: int
    text: str
    source: str
    _page: Any  # pypdfium2 has no types

    def picture(self, side: int = SIDE) -> Image:
        """Draw it, `side` pixels on the longer side. Only while its document is open. Raises: UnreadableMedia."""
        with _pdfium(self.source, self.number):
            longest = max(self._page.get_size())
            bitmap = self._page.render(scale=side / max(longest, 1e-3), rev_byteorder=True)
            pixels = np.array(bitmap.to_numpy()[:, :, :3])
            bitmap.close()
        return Image(pixels, f"{self.source}, page {self.number}")


@dataclass(frozen=True, eq=False)
class Pages:
    """An open document: the number of its pages, and one after the other while one goes through it."""

    count: int
    source: str
    limits: Limits
    _document: Any

    def __iter__(self) -> Iterator[Page]:
        """Raises: LimitExceeded when all texts together are too long; UnreadableMedia for a damaged page."""
        left = self.limits.text_characters
        for number in range(1, self.count + 1):
            with _pdfium(self.source, number):
                page = self._document[number - 1]
                told = page.get_textpage()
                length = told.count_chars()
                text = told.get_text_range() if length <= left else ""
                told.close()
            left -= length
            if left < 0:
                raise LimitExceeded(
                    f"{self.source}: over {self.limits.text_characters} characters of text up to page {number}; at "
                    "most so many are read. Split it."
                )
            try:
                yield Page(number, visible(text)[0], self.source, page)
            finally:
                with _ONE_AT_A_TIME:
                    page.close()


@contextmanager
def open_pages(
    source: str | os.PathLike[str] | bytes, *, limits: Limits | None = None, name: str | None = None
) -> Iterator[Pages]:
    """Open a PDF.

    Args:
        source: a path or the bytes of a file.
        limits: bounds that act while reading.
        name: what to call it in messages; otherwise the file name.
    Raises: UnreadableMedia, UnsupportedMedia for another format or one with a password, LimitExceeded, MissingPackage.
    """
    limits = limits or Limits()
    given = read_source(source, limits, name)
    found = sniff(given.data)
    if found.name != "PDF":
        raise UnsupportedMedia(f"{given.name}: {found.name}; expected a PDF. {found.advice or 'Give one'}.")
    pdfium = require("pypdfium2", "documents")
    with _pdfium(given.name):
        document = pdfium.PdfDocument(given.data)
        count = len(document)
    try:
        if count > limits.pages:
            raise LimitExceeded(f"{given.name}: {count} pages; at most {limits.pages} are read. Split it.")
        yield Pages(count, given.name, limits, document)
    finally:
        with _ONE_AT_A_TIME:
            document.close()


@contextmanager
def _pdfium(name: str, page: int | None = None) -> Iterator[None]:
    """Be the only one in PDFium; what it raises is a damaged file."""
    pdfium = require("pypdfium2", "documents")
    with _ONE_AT_A_TIME:
        try:
            yield
        except (pdfium.PdfiumError, ValueError, MemoryError) as error:
            where = name if page is None else f"{name}, page {page}"
            raise UnreadableMedia(f"{where}: damaged PDF ({error}); expected a whole one. Save it again.") from error
