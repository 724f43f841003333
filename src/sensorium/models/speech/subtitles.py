"""Transcripts as files: plain text, SRT, WebVTT, JSON. Pure functions from a transcript to text.

A subtitle has no empty line and no "-->" in its text, which would end or begin one; what players take for markup is
spelled so that it shows as it is, in WebVTT, which has a way to do so.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict

from sensorium.models.speech.transcript import Segment, Transcript

_SHORTEST = 0.001


def as_text(transcript: Transcript) -> str:
    """One line for each segment."""
    return "".join(f"{' '.join(segment.text.split())}\n" for segment in _said(transcript))


def as_srt(transcript: Transcript) -> str:
    """SubRip: numbered, hours always, a comma before milliseconds."""
    return "".join(
        f"{number}\n{clock(segment.start, ',')} --> {clock(_end(segment), ',')}\n{_lines(segment.text)}\n\n"
        for number, segment in enumerate(_said(transcript), 1)
    )


def as_vtt(transcript: Transcript) -> str:
    """WebVTT (W3C)."""
    cues = (
        f"{clock(segment.start, '.')} --> {clock(_end(segment), '.')}\n{_escaped(_lines(segment.text))}\n\n"
        for segment in _said(transcript)
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


def _end(segment: Segment) -> float:
    """A subtitle that ends where it begins is shown by no player."""
    return max(segment.end, segment.start + _SHORTEST)


def _lines(text: str) -> str:
    """Lines as they are, but empty ones, and no arrow."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line.replace("-->", "→") for line in lines if line)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
