"""Talks are kept for their owner alone, and gone with all that belongs to them when they are erased."""

from pathlib import Path

import pytest

from sensorium.core.errors import UsageError
from sensorium.serving.faults import Refusal
from sensorium.serving.studio import book as module
from sensorium.serving.studio.book import Book, Opinion

TURNS: list[object] = [{"role": "user", "parts": [{"kind": "text", "text": "什么?"}]}]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    book = Book(tmp_path / "below" / "studio.sqlite")
    book.write("ann", "talk-one", "What?", TURNS)
    book.put_medium("ann", "talk-one", "medium-1", "image/png", b"some pixels")
    return book


def test_a_talk_comes_back_as_it_was(book: Book) -> None:
    assert [(each.id, each.title) for each in book.titles("ann")] == [("talk-one", "What?")]
    assert book.turns("ann", "talk-one") == ("What?", TURNS)
    assert book.medium("ann", "talk-one", "medium-1") == ("image/png", b"some pixels")


def test_the_latest_talk_is_first(book: Book) -> None:
    book.write("ann", "talk-two", "Who?", TURNS)
    book.write("ann", "talk-one", "What?", [])
    assert [each.id for each in book.titles("ann")] == ["talk-one", "talk-two"]
    assert book.medium("ann", "talk-one", "medium-1")[1] == b"some pixels", "written again, its media are still there"


def test_nobody_else_sees_or_erases_it(book: Book) -> None:
    assert book.titles("bob") == []
    assert book.erase("bob") == book.erase("bob", "talk-one") == 0
    for ask in (lambda: book.turns("bob", "talk-one"), lambda: book.medium("bob", "talk-one", "medium-1")):
        with pytest.raises(Refusal, match="there is none of that id here"):
            ask()


def test_what_is_erased_is_not_in_the_file(book: Book, tmp_path: Path) -> None:
    book.judge("ann", Opinion("talk-one", TURNS, "a boot", False, "a shoe"))
    assert book.erase("ann", "talk-one") == 1
    assert book.opinions("ann") == []
    with pytest.raises(Refusal, match="medium: there is none"):
        book.medium("ann", "talk-one", "medium-1")
    assert all(b"some pixels" not in file.read_bytes() for file in (tmp_path / "below").iterdir())


def test_a_later_opinion_takes_the_place_of_the_first(book: Book) -> None:
    for good in (True, False):
        book.judge("ann", Opinion("talk-one", TURNS, "a boot", good, ""))
    assert book.opinions("ann") == [Opinion("talk-one", TURNS, "a boot", False, "")]


def test_media_and_opinions_need_a_talk(book: Book) -> None:
    with pytest.raises(Refusal, match="talk: there is none"):
        book.put_medium("ann", "talk-two", "medium-1", "image/png", b"x")
    with pytest.raises(Refusal, match="talk: there is none"):
        book.judge("ann", Opinion("talk-two", TURNS, "a boot", True, ""))


def test_bounds(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 12)
    with pytest.raises(Refusal, match="11 bytes of media are kept, at most 12 are"):
        book.put_medium("ann", "talk-one", "medium-2", "image/png", b"xx")
    monkeypatch.setattr(module, "MOST_TALKS", 1)
    book.write("ann", "talk-one", "still", TURNS)
    with pytest.raises(Refusal, match="1 talks are kept; expected fewer"):
        book.write("ann", "talk-two", "", TURNS)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "studio.sqlite").write_bytes(b"no data base at all" * 100)
    with pytest.raises(UsageError, match="the studio cannot keep its talks there"):
        Book(tmp_path / "studio.sqlite")
