"""Files of transcripts: times over hours, lines, what would break a format."""

import json

import pytest

from sensorium.models.speech.subtitles import as_json, as_srt, as_text, as_vtt, clock
from sensorium.models.speech.transcript import Segment, Transcript, Word

TALK = Transcript(
    "en",
    (
        Segment(0.0, 1.52, " Good morning.", (Word(" Good", 0.0, 0.5, 0.9), Word(" morning.", 0.5, 1.52, 0.8))),
        Segment(3661.05, 3661.05, " Is 1 < 2 & 3 --> 4?\n\n So\n"),
        Segment(3700.0, 3701.0, "  "),
    ),
    3702.5,
)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "00:00:00,000"),
        (59.9994, "00:00:59,999"),
        (59.9996, "00:01:00,000"),
        (3599.9999, "01:00:00,000"),
        (3661.05, "01:01:01,050"),
        (360_000.0, "100:00:00,000"),
        (-1.0, "00:00:00,000"),
    ],
)
def test_clock(seconds: float, expected: str) -> None:
    assert clock(seconds, ",") == expected


def test_text() -> None:
    assert as_text(TALK) == "Good morning.\nIs 1 < 2 & 3 --> 4? So\n"
    assert TALK.text == "Good morning. Is 1 < 2 & 3 --> 4?\n\n So"


def test_srt() -> None:
    assert as_srt(TALK) == (
        "1\n00:00:00,000 --> 00:00:01,520\nGood morning.\n\n2\n01:01:01,050 --> 01:01:01,051\nIs 1 < 2 & 3 → 4?\nSo\n\n"
    )


def test_vtt() -> None:
    assert as_vtt(TALK) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.520\nGood morning.\n\n"
        "01:01:01.050 --> 01:01:01.051\nIs 1 &lt; 2 &amp; 3 → 4?\nSo\n\n"
    )


def spoken(*words: str, seconds: float = 0.5, pause: float = 0.0) -> Transcript:
    """Words one after the other, in one segment."""
    times = [index * (seconds + pause) for index in range(len(words))]
    made = tuple(Word(f" {word}", start, start + seconds, 1.0) for word, start in zip(words, times, strict=True))
    return Transcript("en", (Segment(0.0, made[-1].end, "".join(word.text for word in made), made),), 60.0)


def cues(transcript: Transcript) -> list[tuple[str, list[str]]]:
    """Times and lines of each subtitle."""
    return [(lines[1], lines[2:]) for lines in (cue.split("\n") for cue in as_srt(transcript).strip().split("\n\n"))]


def test_long_speech_becomes_subtitles_that_can_be_read() -> None:
    found = cues(spoken(*["seven"] * 40, seconds=0.25))
    assert [len(lines) for _, lines in found] == [2, 2, 2]  # 14 words of 5 letters fit into two lines
    assert all(len(line) <= 42 for _, lines in found for line in lines)
    assert sum(line.count("seven") for _, lines in found for line in lines) == 40
    assert [times for times, _ in found][1] == "00:00:03,500 --> 00:00:07,000"


def test_no_subtitle_stays_for_long() -> None:
    assert [times for times, _ in cues(spoken(*"abcde", seconds=3.0))] == [
        "00:00:00,000 --> 00:00:06,000",
        "00:00:06,000 --> 00:00:12,000",
        "00:00:12,000 --> 00:00:15,000",
    ]
    assert len(cues(spoken(*"abc", pause=1.5))) == 3
    assert len(cues(spoken(*"abc", pause=0.5))) == 1
    assert len(cues(spoken("a" * 100, "b"))) == 2  # a word that is longer than two lines stands alone


def test_json() -> None:
    data = json.loads(as_json(TALK))
    assert data["text"] == TALK.text
    assert (data["language"], data["seconds"], len(data["segments"])) == ("en", 3702.5, 3)
    assert data["segments"][0]["words"][1] == {"text": " morning.", "start": 0.5, "end": 1.52, "probability": 0.8}
    assert json.loads(as_json(Transcript("zh", (Segment(0, 1, "你好"),), 1.0)))["text"] == "你好"
    assert "你好" in as_json(Transcript("zh", (Segment(0, 1, "你好"),), 1.0))


def test_nothing_said() -> None:
    nothing = Transcript("", (), 2.0)
    assert (as_text(nothing), as_srt(nothing), as_vtt(nothing), nothing.text) == ("", "", "WEBVTT\n\n", "")
