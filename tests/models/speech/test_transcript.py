"""Transcriptions: segments as they are made, and the whole of them."""

from collections.abc import Iterator

import pytest

from sensorium.models.speech.transcript import Segment, Transcript, Transcription


class Listener:
    """Says two segments, and knows the language from the first on."""

    def __init__(self) -> None:
        self.language: str | None = None
        self.seconds = 0.0

    def segments(self) -> Iterator[Segment]:
        self.language, self.seconds = "de", 1.0
        yield Segment(0.0, 1.0, " Guten")
        self.seconds = 2.0
        yield Segment(1.0, 2.0, " Tag")
        self.seconds = 2.5


def test_segments_one_by_one_and_all() -> None:
    found = Transcription(Listener())
    assert (found.language, found.seconds) == (None, 0.0)
    assert next(found).text == " Guten"
    assert (found.language, found.seconds) == ("de", 1.0)
    whole = found.transcript()
    assert whole == Transcript("de", (Segment(0.0, 1.0, " Guten"), Segment(1.0, 2.0, " Tag")), 2.5)
    assert whole.text == "Guten Tag"
    with pytest.raises(StopIteration):
        next(found)


def test_no_language() -> None:
    class Silent(Listener):
        def segments(self) -> Iterator[Segment]:
            return iter(())

    assert Transcription(Silent()).transcript() == Transcript("", (), 0.0)
