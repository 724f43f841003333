"""How a form can be ended from where an answer is: a few tokens that complete it, so that it can be whole in time.

What a form allows is known for the next token alone, so the way is felt for, step by step: out of a text as soon as it
may end, brackets closed before anything is opened, short values before long ones. It need not be the shortest. Where
none is found (an expression that asks for one word behind any others), there is no way to steer by.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

IN_TEXT = b"z"
"""Allowed within a JSON text, and nowhere else: no number, `true`, `false` or `null` holds it."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]
"""True for each token that is allowed."""


class Closing:
    """Ways to the end for the tokens of one model."""

    def __init__(self, texts: Sequence[bytes], stops: Sequence[int]) -> None:
        """Look at the tokens. Args: texts: of each id, b"" for those that are no text; stops: what answers end with."""
        self._stop = min(stops)
        said = [id_ for id_, text in enumerate(texts) if text and id_ not in set(stops)]
        self._outside = np.array(sorted(said, key=lambda id_: (_outside(texts[id_]), id_)), dtype=np.int64)
        self._inside = np.array(sorted(said, key=lambda id_: (_inside(texts[id_]), id_)), dtype=np.int64)
        self._ends = {id_ for id_ in said if _inside(texts[id_])[0] < 0}
        self._structure = {id_ for id_ in said if not texts[id_].strip(b'[]{}",:')}
        self._letter = next((id_ for id_ in said if texts[id_] == IN_TEXT), None)

    def way(self, matcher: Any, most: int) -> list[int] | None:
        """Tokens that end the form, the stop token last; None where none so short is found. Changes the matcher."""
        taken: list[int] = []
        while len(taken) < most:
            if matcher.is_accepting():
                return [*taken, self._stop]
            flags = flags_of(matcher)
            chosen = self._next(flags, taken)
            if chosen is None or not matcher.consume_token(chosen):
                return None
            taken.append(chosen)
        return None

    def _next(self, flags: Flags, taken: Sequence[int]) -> int | None:
        """The first that is allowed; none twice where there is a choice, brackets and quotes excepted."""
        inside = self._letter is not None and flags[self._letter]
        order, again = (self._inside, self._ends) if inside else (self._outside, self._structure)
        allowed = order[flags[order]][: len(taken) + 1].tolist()
        fresh = (id_ for id_ in allowed if id_ in again or id_ not in taken)
        return next(fresh, allowed[0]) if allowed else None


def flags_of(matcher: Any) -> Flags:
    """What may come next."""
    bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
    return np.unpackbits(bits, bitorder="little").astype(bool)


def _outside(text: bytes) -> tuple[int, int]:
    """Rank where a text may not go on: smaller is sooner."""
    if not text.strip(b"]}"):
        return 0, -len(text)
    for rank, kind in enumerate((b",:", b"0", b"123456789", b'"', b"!#$%&'()*+./;<=>?@\\^_`|~"), 1):
        if not text.strip(kind):
            return rank, len(text)
    if text[:1] in b"[{-":
        return 9, len(text)
    return 7, -len(text) if len(text) > 1 else -1


def _inside(text: bytes) -> tuple[int, int]:
    """Rank within a text: what ends it, and more with it, first; then as outside."""
    if text[:1] == b'"' and not text[1:].strip(b"]}"):
        return -1, -len(text)
    return (8, 0) if not text.strip(b"]}") else _outside(text)
