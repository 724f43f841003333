"""Transcripts as files: plain text, SRT, WebVTT, JSON. Pure functions from a transcript to text.

A subtitle has no empty line and no "-->" in its text, which would end or begin one; what players take for markup is
spelled so that it shows as it is, in WebVTT, which has a way to do so. Where the times of words are known, none has
more than two lines or stays longer than seven seconds; else each is a segment, as the model cut it.
"""

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sensorium.models.speech.transcript import Segment, Transcript, Word

_SHORTEST = 0.001
_LONGEST = 7.0
_PAUSE = 1.0
"""Seconds between two words after which a subtitle ends."""

_WIDTH, _LINES = 42, 2
"""Letters of a line, and lines, that are read at a glance."""


def as_text(transcript: Transcript) -> str:
    """One line for each segment."""
    return "".join(f"{' '.join(segment.text.split())}\n" for segment in _said(transcript))


def as_srt(transcript: Transcript) -> str:
    """SubRip: numbered, hours always, a comma before milliseconds."""
    return "".join(
        f"{number}\n{clock(segment.start, ',')} --> {clock(_end(segment), ',')}\n{_lines(segment.text)}\n\n"
        for number, segment in enumerate(_cues(transcript), 1)
    )


def as_vtt(transcript: Transcript) -> str:
    """WebVTT (W3C)."""
    cues = (
        f"{clock(segment.start, '.')} --> {clock(_end(segment), '.')}\n{_escaped(_lines(segment.text))}\n\n"
        for segment in _cues(transcript)
    )
    return "WEBVTT\n\n" + "".join(cues)


def as_json(transcript: Transcript) -> str:
    """Everything, times in seconds, and the whole text beside."""
    data = {"text": transcript.text} | asdict(transcript)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def clock(seconds: float, mark: str) -> str:
    """Hours, minutes, seconds and, after `mark`, milliseconds: 01:02:03.450. What is before 0 is 0."""
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def _said(transcript: Transcript) -> Iterator[Segment]:
    return (segment for segment in transcript.segments if segment.text.strip())


def _cues(transcript: Transcript) -> Iterator[Segment]:
    """What is said, broken between words where they are known."""
    for segment in _said(transcript):
        yield from _broken(segment.words) if segment.words else (segment,)


def _broken(words: Sequence[Word]) -> Iterator[Segment]:
    cue: list[Word] = []
    for word in words:
        if cue and not _fit([*cue, word]):
            yield _joined(cue)
            cue = []
        cue.append(word)
    yield _joined(cue)


def _joined(words: Sequence[Word]) -> Segment:
    return Segment(words[0].start, words[-1].end, "".join(word.text for word in words))


def _fit(words: Sequence[Word]) -> bool:
    """Whether words, two at least, may be one subtitle."""
    cue, pause = _joined(words), words[-1].start - words[-2].end
    lines = textwrap.wrap(cue.text.strip(), _WIDTH)
    return len(lines) <= _LINES and pause <= _PAUSE and cue.end - cue.start <= _LONGEST


def _end(segment: Segment) -> float:
    """A subtitle that ends where it begins is shown by no player."""
    return max(segment.end, segment.start + _SHORTEST)


def _lines(text: str) -> str:
    """Lines as they are, long ones broken, without empty ones and arrows."""
    lines = (line.strip().replace("-->", "→") for line in text.splitlines())
    return "\n".join(piece for line in lines for piece in textwrap.wrap(line, _WIDTH))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
