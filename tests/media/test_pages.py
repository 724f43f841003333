"""PDF pages: text, picture, limits, damage."""

from pathlib import Path

import numpy as np
import pytest
from tests.pdfs import pdf

from sensorium.core.errors import LimitExceeded, UnreadableMedia, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.pages import open_pages

pytest.importorskip("pypdfium2")


def test_pages_with_text_and_picture(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("Hello page", "Second"))
    with open_pages(tmp_path / "a.pdf") as pages:
        assert (pages.count, pages.source) == (2, "a.pdf")
        seen = [(page.number, page.text.strip(), page.picture(100)) for page in pages]
    assert [(number, text) for number, text, _ in seen] == [(1, "Hello page"), (2, "Second")]
    assert seen[0][2].pixels.shape == (50, 100, 3)
    assert seen[0][2].source == "a.pdf, page 1"
    assert seen[0][2].pixels[45, 5].tolist() == [255, 0, 0]  # red, not blue
    assert seen[0][2].pixels[5, 95].tolist() == [255, 255, 255]


@pytest.mark.parametrize("box", ["0 0 14400 1", "0 0 0.001 0.001", "0 0 1e9 1e9"])
def test_a_picture_has_the_size_that_was_asked_for(box: str) -> None:
    with open_pages(pdf("x", box=box)) as pages:
        (page,) = list(pages_with_pictures(pages))
    assert max(page.shape) <= 130


def pages_with_pictures(pages: object) -> list[np.ndarray]:
    return [page.picture(128).pixels for page in pages]  # type: ignore[attr-defined]


def test_limits_act_while_reading() -> None:
    with (
        pytest.raises(LimitExceeded, match="2 pages; at most 1 are read"),
        open_pages(pdf("a", "b"), limits=Limits(pages=1)),
    ):
        pass
    with (
        open_pages(pdf("abc", "defg"), limits=Limits(text_characters=6)) as pages,
        pytest.raises(LimitExceeded, match=r"over 6 characters of text up to page 2"),
    ):
        list(pages)


def test_damage_and_other_formats() -> None:
    with pytest.raises(UnreadableMedia, match="damaged PDF"), open_pages(b"%PDF-1.4 rubbish", name="a.pdf"):
        pass
    with pytest.raises(UnsupportedMedia, match="text; expected a PDF"), open_pages(b"words", name="a.txt"):
        pass
    with pytest.raises(UnsupportedMedia, match="Remove its password"), open_pages(b"%PDF-1.4 /Encrypt", name="a.pdf"):
        pass


def test_what_nobody_sees_is_taken_out() -> None:
    with open_pages(pdf("one\\000two")) as pages:
        assert all("\x00" not in page.text for page in pages)
