"""The page: everything escaped, players at the second, links at the page."""

import pytest

from sensorium.media.types import Modality
from sensorium.space.index.page import FAR, as_page, clock, how, snippet, where
from sensorium.space.index.search import Hit, Results
from sensorium.space.index.types import Found, Spot


def hit(kind: Modality, path: str, spot: Spot, words: str = "", thumbnail: bytes = b"") -> Hit:
    return Hit(Found(1, kind, (path, "/copy"), spot, True, words, thumbnail), 0.5, 0.25)


def test_players_and_links_begin_where_it_is() -> None:
    page = as_page(
        "x",
        Results(
            (
                hit("video", "/a b.mp4", Spot(begin=65.0, end=70.5), thumbnail=b"jpg"),
                hit("audio", "/c.wav", Spot(begin=0.0, end=10.0)),
                hit("document", "/d.pdf", Spot(page=3), words="two\n words"),
                hit("image", "/e#1.png", Spot(), thumbnail=b"jpg"),
            )
        ),
    )
    assert (
        '<video controls preload="none" poster="data:image/jpeg;base64,anBn" src="file:///a%20b.mp4#t=65,70.5">' in page
    )
    assert 'src="file:///c.wav#t=0,10"' in page
    assert 'href="file:///d.pdf#page=3"' in page
    assert "<blockquote>two words</blockquote>" in page
    assert 'href="file:///e%231.png"' in page
    assert "1:05 to 1:10" in page
    assert "<br>cosine 0.25<br>" in page
    assert "also /copy" in page


def test_nothing_of_a_name_or_a_text_is_markup() -> None:
    page = as_page("<script>q", Results((hit("text", "/<script>\"'.txt", Spot(), words="<script>w"),)))
    assert "<script" not in page
    assert "http" not in page  # it fetches nothing


def test_it_says_how_a_piece_fits_and_when_nothing_is_near() -> None:
    found = Found(1, "image", ("/a.png",), Spot())
    near, far, named = (Hit(found, 1.0, 0.5, *rest) for rest in ((0.9,), (0.1,), (0.1, True)))
    assert [how(each) for each in (near, far, named)] == [
        "cosine 0.50, fits 90%",
        "cosine 0.50, fits 10%",
        "its words, cosine 0.50, fits 10%",
    ]
    assert [FAR.split(":")[0] in as_page("x", Results((each,))) for each in (near, far, named)] == [False, True, False]


def test_nothing_found() -> None:
    assert "Nothing was found." in as_page("x", Results(()))


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (65.4, "1:05"), (3725, "1:02:05")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_places_and_snippets() -> None:
    assert where(Spot()) == ""
    assert where(Spot(page=7)) == "page 7"
    assert len(snippet("word " * 200)) == 300
