"""PDF and text files as parts of talks, and pages that an answer is held against."""

import asyncio
from typing import Any

import pytest
from tests.pdfs import pdf
from tests.serving.sent import uri

from sensorium.chat import documents
from sensorium.chat.documents import is_pdf, pages_of, texts_of
from sensorium.chat.message import Text
from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.types import Image
from sensorium.serving.citing import cite
from sensorium.serving.drafts import Decoder, Draft, Given
from sensorium.serving.faults import Refusal
from sensorium.serving.fetch import Fetcher
from sensorium.serving.limits import ServerLimits

pytest.importorskip("pypdfium2")

TWO = pdf("The total is 42 euro", "")


def read(*parts: Text | Given, limits: ServerLimits | None = None, **options: Any) -> list[Any]:
    limits = limits or ServerLimits()
    made = asyncio.run(Decoder(limits, Fetcher((), limits)).messages([Draft("user", parts)], **options))
    return list(made[0].parts)


def test_a_pdf_is_its_pages_with_text_and_picture() -> None:
    parts = read(Text("What?"), Given("file", uri(TWO, "application/pdf")))
    assert [type(each) for each in parts] == [Text, Text, Image, Text, Image]
    assert [each.text for each in parts if isinstance(each, Text)] == [
        "What?",
        "[p. 1] The total is 42 euro\n",
        "[p. 2] \n",
    ]
    assert parts[2].source == "file, page 1"


def test_a_text_file_is_its_text() -> None:
    assert read(Given("file", uri("Grüße".encode(), "text/plain"))) == [Text("Grüße\n")]


def test_bytes_tell_a_pdf_whatever_they_are_called() -> None:
    assert is_pdf(uri(TWO, "application/octet-stream"))
    assert is_pdf(TWO)
    assert not is_pdf(uri(b"\x89PNG", "image/png"))


def test_a_model_without_eyes_reads_the_text_and_refuses_scans() -> None:
    assert pages_of(pdf("one", "two"), "a", Limits(), pictures=False) == (Text("[p. 1] one\n"), Text("[p. 2] two\n"))
    with pytest.raises(UnsupportedMedia, match="page 2 has no text"):
        pages_of(TWO, "a", Limits(), pictures=False)


def test_long_files_are_read_and_only_pages_without_text_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_PICTURES", 2)
    parts = pages_of(pdf("one", "", "three"), "a", Limits())
    assert [each.source for each in parts if isinstance(each, Image)] == ["a, page 2"]
    with pytest.raises(LimitExceeded, match="more than 2 pages without text"):
        pages_of(pdf("", "", ""), "a", Limits())


def test_pages_count_as_media() -> None:
    with pytest.raises(Refusal, match="2 media and pages"):
        read(Given("file", uri(TWO, "application/pdf")), limits=ServerLimits(media_parts=1))


def test_an_answer_is_held_against_the_pages_that_have_its_words() -> None:
    pages = texts_of(TWO, "a", Limits()), ("Costs\nIn all 1.50, or so.\nEnd", "the TOTAL is\n42 euro!")
    found = cite("The total is 42 euro. It rained. 1.50", pages)
    assert [(each.document, each.page, each.text) for each in found] == [
        (0, 0, "The total is 42 euro"),
        (1, 1, "the TOTAL is\n42 euro!"),
        (1, 0, "In all 1.50, or so."),
    ]
    line = found[-1]
    assert pages[1][0][line.start : line.end] == line.text


@pytest.mark.parametrize("answer", ["", "no", "The sum", "tota", "(("])
def test_words_that_stand_nowhere_or_say_nothing_have_no_citation(answer: str) -> None:
    assert cite(answer, [("The total is 42, no more",)]) == ()
