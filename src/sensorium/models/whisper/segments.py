"""Tokens of a window, cut at their timestamps: what was said when, and where to go on listening.

What they are                                          What is made of them
    <0.00> Good morning. <1.52> <1.90> How are <3.00>      two segments, all that was heard is used up
    <0.00> Good morning. <1.52> <1.52> How a               one segment; the next window begins at 1.52 s
    Good morning.                                          one segment, as long as the window
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.models.whisper.tokens import TICK, SpecialTokens


@dataclass(frozen=True)
class Slice:
    """Ids of a segment, its timestamps among them; seconds from the start of the window."""

    start: float
    end: float
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Cut:
    """The segments of a window.

    moved: seconds until the next window; None for all of this one.
    whole: the last timestamp stands alone, so that nothing is said behind it.
    """

    slices: tuple[Slice, ...]
    moved: float | None
    whole: bool


def cut(ids: Sequence[int], tokens: SpecialTokens, seconds: float) -> Cut:
    """Cut the tokens of a window of that many seconds of sound."""
    first = tokens.first_timestamp
    is_time = [id_ >= first for id_ in ids]
    ends = [place + 1 for place in range(len(ids) - 1) if is_time[place] and is_time[place + 1]]
    whole = is_time[-2:] == [False, True]
    if not ends:
        times = [id_ - first for id_ in ids if id_ >= first]
        end = times[-1] * TICK if times and times[-1] else seconds
        return Cut((Slice(0.0, end, tuple(ids)),), None, whole)
    if whole:
        ends.append(len(ids))
    slices = []
    for start, end in zip([0, *ends], ends, strict=False):
        part = tuple(ids[start:end])
        slices.append(Slice((part[0] - first) * TICK, (part[-1] - first) * TICK, part))
    return Cut(tuple(slices), None if whole else slices[-1].end, whole)
