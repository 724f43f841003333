"""Positions of tokens in time, row and column.

Text goes on by one on all three axes. A picture begins where the text before it ends: its rows have one time, and count
rows and columns from there. What comes after it goes on behind its largest number, on whatever axis that is.

    a  cat  [picture of 2 x 3 rows]   is
    0   1   t 2 2 2 2 2 2              5
            r 2 2 2 3 3 3              5
            c 2 3 4 2 3 4              5

Pairs of frames of a film come one after another: by steps that measure seconds (Qwen2.5), by one (Qwen2), or as
pictures of their own with text between them (Qwen3).

So the models were trained, and so the reference did it in version 4. Version 5.23 goes on behind the largest row and
column alone, which is the same but for long films, whose time has by then gone further.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from sensorium.core.errors import SpanMismatch
from sensorium.encoders.vision_qwen import Cut
from sensorium.inputs.batching import Item


@dataclass(frozen=True)
class Grid:
    """Rows that stand together: `times` pairs of frames of rows x columns; `step` from one pair's time to the next."""

    times: int
    rows: int
    columns: int
    step: float = 1.0

    def positions(self, start: int) -> Tensor:
        """From `start` on. Returns: [times * rows * columns, 3] int64."""
        time = (torch.arange(self.times) * self.step).long()
        axes = (time, torch.arange(self.rows), torch.arange(self.columns))
        return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).flatten(0, 2) + start


def grids(items: Iterable[Item], cut: Cut, *, ticks: float | None, stamped: bool) -> Iterator[Grid]:
    """What the rows of media stand in, in order.

    Args:
        items: features [frames, 3, height, width]; of films, times [frames] in seconds.
        cut: how frames are cut.
        ticks: steps of the time axis per second; None: one for each pair of frames.
        stamped: the pairs of a film stand apart.
    """
    for item in items:
        frames, _, height, width = item.features.shape
        times, rows, columns = cut.grid(frames, height, width)
        if stamped:
            yield from (Grid(1, rows, columns) for _ in range(times))
        elif ticks is None or item.times is None or frames == 1:
            yield Grid(times, rows, columns)
        else:
            spacing = float(item.times[-1] - item.times[0]) / (frames - 1)
            yield Grid(times, rows, columns, ticks * cut.tubelet * spacing)


def place(ids: Sequence[int], media: Iterable[Grid], placeholders: frozenset[int]) -> Tensor:
    """Positions of a talk's tokens.

    Args:
        ids: of the talk.
        media: its grids, in the order in which they stand.
        placeholders: ids that stand for rows.

    Returns: [T, 3] int64.

    Raises: SpanMismatch when grids and placeholders do not agree.
    """
    pieces: list[Tensor] = []
    at, start = 0, 0
    for grid in media:
        begin = next((index for index in range(at, len(ids)) if ids[index] in placeholders), len(ids))
        pieces.append(_text(begin - at, start))
        start += begin - at
        rows = grid.positions(start)
        at = begin + len(rows)
        if at > len(ids) or any(id_ not in placeholders for id_ in islice(ids, begin, at)):
            raise SpanMismatch(
                f"positions: a grid of {grid.times}x{grid.rows}x{grid.columns} rows does not find {len(rows)} "
                f"placeholders together after token {begin}. Build ids and features from the same talk."
            )
        pieces.append(rows)
        start = int(rows.max()) + 1
    if any(id_ in placeholders for id_ in islice(ids, at, None)):
        raise SpanMismatch(
            f"positions: there are placeholders after token {at}, but no medium is left. Build ids and features from "
            "the same talk."
        )
    return torch.cat((*pieces, _text(len(ids) - at, start)))


def _text(length: int, start: int) -> Tensor:
    """Positions of words. Returns: [length, 3]."""
    return torch.arange(start, start + length).unsqueeze(-1).expand(-1, 3)
