"""PDF files as parts of a talk: of every page a mark, its text and its picture, so that answers can name the page.

    [p. 1] The text of the page … ⟨picture⟩ [p. 2] …

A model that sees no pictures gets the text; of long files, pages with text give no pictures.
"""

import os

from sensorium.chat.message import Part, Text
from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.media.decoded import Decoded, is_decoded
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.pages import Page, Pages, open_pages
from sensorium.media.source import is_data_uri, read_source

MOST_PICTURES = 16
"""Pages of one file that are drawn."""

_MAGIC = b"%PDF-"
_SPELLED = "JVBERi0"
"""The same in base64."""


def is_pdf(source: str | bytes) -> bool:
    """Whether a data URI or bytes hold, or say that they hold, a PDF."""
    if isinstance(source, bytes):
        return source.startswith(_MAGIC)
    head, _, body = source[:200].partition(",")
    return is_data_uri(source) and (head.lower().startswith("data:application/pdf") or body.startswith(_SPELLED))


def pages_of(source: str | bytes, name: str, limits: Limits, *, pictures: bool = True) -> tuple[Part, ...]:
    """The pages of a PDF.

    Args:
        source: a data URI or bytes.
        name: for messages.
        limits: of one file.
        pictures: whether the model sees any.

    Raises: InputError; LimitExceeded for more than MOST_PICTURES pages that are pictures alone; UnsupportedMedia for
    such pages where the model sees none; MissingPackage.
    """
    parts: list[Part] = []
    drawn = 0
    with open_pages(source, limits=limits, name=name) as pages:
        for page in pages:
            text = page.text.strip()
            parts.append(Text(f"[p. {page.number}] {text}\n"))
            if _is_drawn(page, pages, pictures=pictures):
                drawn += 1
                if drawn > MOST_PICTURES:
                    raise LimitExceeded(
                        f"{name}: more than {MOST_PICTURES} pages without text; at most so many are looked at. Send "
                        "fewer pages, or a PDF with its text."
                    )
                parts.append(page.picture())
    return tuple(parts)


def parts_of(source: str | os.PathLike[str] | bytes | Decoded, limits: Limits) -> tuple[Part, ...]:
    """What a file is in a talk: the pages of a PDF, or the one medium that it holds.

    Args:
        source: as `media.load.load_media` takes it.
        limits: of one file.

    Raises: as `load_media` and `pages_of`.
    """
    if is_decoded(source) or (is_data_uri(source) and not is_pdf(source)):
        return (load_media(source, limits=limits),)
    given = read_source(source, limits)
    if is_pdf(given.data):
        return pages_of(given.data, given.name, limits)
    return (load_media(given.data, limits=limits, name=given.name),)


def texts_of(source: str | bytes, name: str, limits: Limits) -> tuple[str, ...]:
    """The text of each page of a PDF. Raises: as `pages_of`."""
    with open_pages(source, limits=limits, name=name) as pages:
        return tuple(page.text for page in pages)


def _is_drawn(page: Page, pages: Pages, *, pictures: bool) -> bool:
    told = bool(page.text.strip())
    if not pictures and not told:
        raise UnsupportedMedia(
            f"{pages.source}: page {page.number} has no text, and this model sees no pictures. Read the scan first "
            "(OCR), or choose a model that takes pictures."
        )
    return pictures and (not told or pages.count <= MOST_PICTURES)
