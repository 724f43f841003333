"""Which pages of a document an answer can be held against: those on which its own words stand.

Nothing is claimed beyond that: a sentence of an answer whose words stand on no page has no citation.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST = 20
"""Citations of one answer."""

SHORTEST = 4
"""Letters and digits of a passage that says something, unless it has a digit."""

_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?](?=\d)[^.!?。！？\n]+)*")  # a point within a number ends none
_WORD = re.compile(r"\w+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Citation:
    """Where words of an answer stand. document, page: from 0; text: the passage; start, end: in the page's text."""

    document: int
    page: int
    text: str
    start: int
    end: int


def cite(answer: str, documents: Sequence[Sequence[str]]) -> tuple[Citation, ...]:
    """Passages for the sentences of an answer. Args: documents: of each, the texts of its pages."""
    found: dict[Citation, None] = {}
    for sentence in _SENTENCE.findall(answer):
        for each in _passages(sentence, documents):
            found[each] = None
    return tuple(found)[:MOST]


def _passages(sentence: str, documents: Sequence[Sequence[str]]) -> Iterator[Citation]:
    """The first passage of each page that has all words of a sentence in their order."""
    words = _WORD.findall(sentence)
    said = "".join(words)
    if len(said) < SHORTEST and not any(letter.isdigit() for letter in said):
        return
    pattern = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE)
    for document, pages in enumerate(documents):
        for page, text in enumerate(pages):
            if (hit := pattern.search(text)) is not None:
                start, end = _line(text, hit.start(), hit.end())
                yield Citation(document, page, text[start:end], start, end)


def _line(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole line, or lines, of a passage."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    return begin, stop - (len(text[begin:stop]) - len(text[begin:stop].rstrip()))
