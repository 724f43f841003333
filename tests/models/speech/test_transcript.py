"""Transcriptions: segments as they are made, and the whole of them."""

from collections.abc import Generator

import pytest

from sensorium.models.speech.transcript import Segment, Transcript, Transcription


class Listener:
    """Says two segments, and knows the language from the first on."""

    def __init__(self) -> None:
        self.language: str | None = None
        self.seconds = 0.0
        self.notices: tuple[str, ...] = ()
        self.let_go = False

    def segments(self) -> Generator[Segment, None, None]:
        try:
            self.language, self.seconds = "de", 1.0
            yield Segment(0.0, 1.0, " Guten")
            self.seconds = 2.0
            yield Segment(1.0, 2.0, " Tag")
            self.seconds, self.notices = 2.5, ("cut short",)
        finally:
            self.let_go = True


def test_segments_one_by_one_and_all() -> None:
    found = Transcription(Listener())
    assert (found.language, found.seconds) == (None, 0.0)
    assert next(found).text == " Guten"
    assert (found.language, found.seconds) == ("de", 1.0)
    whole = found.transcript()
    assert whole == Transcript("de", (Segment(0.0, 1.0, " Guten"), Segment(1.0, 2.0, " Tag")), 2.5)
    assert whole.text == "Guten Tag"
    assert found.notices == ("cut short",)
    with pytest.raises(StopIteration):
        next(found)


def test_what_is_closed_says_no_more_and_lets_go() -> None:
    listener = Listener()
    found = Transcription(listener)
    first = next(found)
    found.close()
    assert listener.let_go
    assert found.transcript() == Transcript("de", (first,), 1.0)


def test_no_language() -> None:
    class Silent(Listener):
        def segments(self) -> Generator[Segment, None, None]:
            yield from ()

    assert Transcription(Silent()).transcript() == Transcript("", (), 0.0)


def test_what_a_prompt_shows_takes_no_segment() -> None:
    found = Transcription(Listener())
    assert repr(found) == "Transcription(0 segments, 0.0 s so far)"
    next(found)
    assert repr(found) == "Transcription(1 segments, 1.0 s so far)"
