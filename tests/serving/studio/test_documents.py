"""A PDF becomes pictures of its pages, within bounds."""

import base64
import io

import pytest
from PIL import Image as Pillow

from sensorium.core.errors import UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.serving.studio.documents import MOST_PAGES, read_document

pytest.importorskip("pypdfium2")


def pdf(count: int) -> bytes:
    file = io.BytesIO()
    first, *others = (Pillow.new("RGB", (30, 40), (10 * index, 0, 0)) for index in range(count))
    first.save(file, "PDF", save_all=True, append_images=others)
    return file.getvalue()


def test_pages_that_were_asked_for() -> None:
    found = read_document(pdf(4), "four.pdf", 2, 3, Limits())
    assert found["count"] == 4
    assert [(each["page"], each["words"]) for each in found["pages"]] == [(2, ""), (3, "")]
    with Pillow.open(io.BytesIO(base64.b64decode(found["pages"][0]["picture"]))) as picture:
        assert picture.format == "JPEG"
        assert picture.height > picture.width


def test_no_more_than_the_most() -> None:
    found = read_document(pdf(MOST_PAGES + 2), "long.pdf", 1, 1000, Limits())
    assert (found["count"], len(found["pages"])) == (MOST_PAGES + 2, MOST_PAGES)


def test_what_is_no_pdf() -> None:
    with pytest.raises(UnsupportedMedia, match="expected a PDF"):
        read_document(b"some words", "a.pdf", 1, 1, Limits())
