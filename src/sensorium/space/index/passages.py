"""A text in passages that are short enough to have one meaning."""

import re
from collections.abc import Iterator
from unicodedata import east_asian_width

LONGEST = 400
"""Characters of a passage."""

_ENDS = tuple(re.compile(each) for each in (r"\n\s*\n", r"(?<=[.!?…])\s+|(?<=[。！？])", r"\s+"))
"""Where to cut, best first: between paragraphs, sentences, words."""


SHORTEST = 4
"""Letters and digits from which a text means something by itself; those of Chinese, Japanese and Korean count twice."""


def means_something(text: str) -> bool:
    """Whether a text is long enough to be near to anything: a few letters would lie somewhere, near to all and none."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text if each.isalnum()) >= SHORTEST


def passages(text: str) -> list[str]:
    """Passages of a text, in order: as much as fits into each, cut where it hurts least."""
    return list(_cut(text.strip()))


def _cut(text: str) -> Iterator[str]:
    while len(text) > LONGEST:
        end, begin = _place(text)
        yield text[:end]
        text = text[begin:].lstrip()
    if text:
        yield text


def _place(text: str) -> tuple[int, int]:
    """Where the first passage ends, and where the next begins."""
    for ends in _ENDS:
        places = [(each.start(), each.end()) for each in ends.finditer(text, LONGEST // 4, LONGEST + 1)]
        if places:
            return places[-1]
    return LONGEST, LONGEST
