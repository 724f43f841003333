"""Tokens with times to words with times.

Splitting, joining of punctuation and the limits on words that are too long follow the original repository's timing.py:
attention has no notion of a pause, and so gives it to the word before or behind.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sensorium.chat.tokenizer import Decodes
from sensorium.models.speech.transcript import Word
from sensorium.models.whisper.alignment import Alignment
from sensorium.models.whisper.languages import WITHOUT_SPACES

OPENING = "\"'“¿([{-"
CLOSING = "\"'.。,，!！?？:：”)]}、"
ENDS = ".。!！?？"

_BROKEN = "\N{REPLACEMENT CHARACTER}"
_LONGEST_MEDIAN = 0.7  # seconds
_SLACK = 0.5  # seconds that a word may reach over the end of its segment


@dataclass
class Timed:
    """A word on its way: tokens that it has, seconds from the start of the window."""

    text: str
    tokens: int
    start: float
    end: float
    probability: float

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.end - self.start


@dataclass
class Spoken:
    """A segment on its way."""

    start: float
    end: float
    words: list[Timed]


def split_words(ids: Sequence[int], tokenizer: Decodes, language: str) -> list[tuple[str, int]]:
    """Words of ids of text, each with the number of its tokens.

    Languages without spaces are split wherever tokens make whole characters.
    """
    pieces = _characters(ids, tokenizer)
    if language in WITHOUT_SPACES:
        return pieces
    words: list[tuple[str, int]] = []
    for text, count in pieces:
        if not words or text.startswith(" ") or text.strip() in string.punctuation:
            words.append((text, count))
        else:
            words[-1] = (words[-1][0] + text, words[-1][1] + count)
    return words


def _characters(ids: Sequence[int], tokenizer: Decodes) -> list[tuple[str, int]]:
    """The shortest runs of tokens that are whole characters."""
    whole = tokenizer.decode(list(ids))
    pieces: list[tuple[str, int]] = []
    pending: list[int] = []
    at = 0
    for id_ in ids:
        pending.append(id_)
        text = tokenizer.decode(pending)
        place = at + text.find(_BROKEN)
        if _BROKEN not in text or whole[place : place + 1] == _BROKEN:  # it is broken for good
            pieces.append((text, len(pending)))
            at += len(text)
            pending = []
    return [*pieces, (tokenizer.decode(pending), len(pending))] if pending else pieces


def timed_words(words: Sequence[tuple[str, int]], alignment: Alignment) -> list[Timed]:
    """Words with the times of their tokens; one whose text was joined to another, as a mark is, is left empty."""
    edges = np.cumsum([0, *(count for _, count in words)])
    timed = [
        Timed(
            text,
            count,
            float(alignment.times[first]),
            float(alignment.times[last]),
            float(alignment.probabilities[first:last].mean()),
        )
        for (text, count), (first, last) in zip(words, pairwise(edges), strict=True)
    ]
    _shorten_at_ends(timed)
    join_punctuation(timed)
    return timed


def median_seconds(words: Sequence[Timed]) -> float:
    """How long a word usually takes, at most 0.7 s."""
    lengths = [word.seconds for word in words if word.seconds]
    return min(_LONGEST_MEDIAN, float(np.median(lengths))) if lengths else 0.0


def _shorten_at_ends(words: Sequence[Timed]) -> None:
    """At the end of a sentence, no mark and no first word takes more than twice the usual: the rest is a pause."""
    longest = 2 * median_seconds(words)
    if not longest:
        return
    for before, word in pairwise(words):
        if word.seconds > longest:
            if word.text in ENDS:
                word.end = word.start + longest
            elif before.text in ENDS:
                word.start = word.end - longest


def join_punctuation(words: Sequence[Timed]) -> None:
    """Give opening marks to the word behind and closing marks to the word before; times stay those of the word."""
    following = len(words) - 1
    for index in range(len(words) - 2, -1, -1):
        word, behind = words[index], words[following]
        if word.text.startswith(" ") and word.text.strip() in OPENING:
            behind.text, behind.tokens = word.text + behind.text, word.tokens + behind.tokens
            word.text, word.tokens = "", 0
        else:
            following = index
    kept = 0
    for index in range(1, len(words)):
        word, before = words[index], words[kept]
        if not before.text.endswith(" ") and word.text in CLOSING:
            before.text, before.tokens = before.text + word.text, before.tokens + word.tokens
            word.text, word.tokens = "", 0
        else:
            kept = index


def spread(words: Sequence[Timed], counts: Sequence[int]) -> list[list[Timed]]:
    """The words of each segment, of which `counts` are the tokens; empty words are left out."""
    rest = iter(words)
    shares = []
    for count in counts:
        share: list[Timed] = []
        taken = 0
        while taken < count and (word := next(rest, None)) is not None:
            taken += word.tokens
            share += [word] if word.text else []
        shares.append(share)
    return shares


def settle(segments: Sequence[Spoken], *, median: float, spoken_until: float) -> None:
    """Take pauses from words at the edges of segments, and give segments the times of their words.

    Args:
        segments: of one window, in order; those without words stay as they are.
        median: of all words of the window.
        spoken_until: the end of the last word before, on the same clock.
    """
    for segment in segments:
        words = segment.words
        if not words:
            continue
        _shorten_after_pause(words, median, spoken_until)
        first, last = words[0], words[-1]
        if segment.start < first.end and segment.start - _SLACK > first.start:
            first.start = max(0.0, min(first.end - median, segment.start))
        if segment.end > last.start and segment.end + _SLACK < last.end:
            last.end = max(last.start + median, segment.end)
        segment.start, segment.end = first.start, last.end
        spoken_until = last.end


def _shorten_after_pause(words: Sequence[Timed], median: float, spoken_until: float) -> None:
    """After a pause, neither the first nor the second word takes more than twice the usual."""
    first, longest = words[0], 2 * median
    second = words[1] if len(words) > 1 else None
    both = second.end - first.start if second else 0.0
    if first.end - spoken_until <= 4 * median or (first.seconds <= longest and both <= 2 * longest):
        return
    if second and second.seconds > longest:
        first.end = second.start = max(second.end / 2, second.end - longest)
    first.start = max(0.0, first.end - longest)


def finished(words: Sequence[Timed], offset: float) -> tuple[Word, ...]:
    """Words on the clock of the whole sound, on which the window begins at `offset` seconds; times to 10 ms."""
    return tuple(
        Word(word.text, round(offset + word.start, 2), round(offset + word.end, 2), word.probability) for word in words
    )
