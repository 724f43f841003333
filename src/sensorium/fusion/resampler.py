"""Connectors that ask: a fixed number of learned queries look at all rows, however many there are.

Perceiver resampler of Flamingo (Alayrac et al. 2022): the queries look at the rows and at each other in one attention.
Q-Former of BLIP-2 (Li et al. 2023): first at each other, then at the rows. That is all the difference between the two
here. How ours differ from the papers: places of the rows are fixed sinusoids of all axes of the grid (Flamingo learns
one for each frame), so any size and length goes; norms stand before what they norm, and queries look at the rows in
every block (BLIP-2: norms behind, rows in every second block); the width stays the encoder's until the end.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.fusion.connectors import Grid
from sensorium.nn.attention import Attention, CrossAttention
from sensorium.nn.grid import grid_positions, sinusoids
from sensorium.nn.mlp import Mlp
from sensorium.nn.norm import RmsNorm

PLACE_BASE = 100.0


class QueryBlock(nn.Module):
    """Queries look at rows, then think for themselves."""

    def __init__(self, *, width: int, heads: int, hidden: int, apart: bool) -> None:
        """Build.

        Args:
            width: D of queries and rows.
            heads: a divisor of it.
            hidden: of the feed-forward.
            apart: queries look at each other in an attention of its own (Q-Former); without it, in the same one as at
                the rows (Perceiver).
        """
        super().__init__()
        self.own_norm = nn.LayerNorm(width) if apart else nn.Identity()
        self.own = Attention(width=width, heads=heads, qk_norm=RmsNorm) if apart else None
        self.look_norm = nn.LayerNorm(width)
        self.look = CrossAttention(width=width, source_width=width, heads=heads, qk_norm=RmsNorm)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden)

    def forward(self, queries: Tensor, rows: Tensor) -> Tensor:
        """Inputs: queries: [N, Q, D]; rows: [N, S, D], normed. Returns: [N, Q, D]."""
        if self.own is not None:
            queries = queries + self.own(self.own_norm(queries))
        asking = self.look_norm(queries)
        seen = rows if self.own is not None else torch.cat((rows, asking), dim=1)
        queries = queries + self.look(asking, *self.look.look(seen))
        return queries + self.mlp(self.mlp_norm(queries))


class Resampler(nn.Module):
    """As many rows as there are learned queries."""

    def __init__(self, *, width: int, out: int, queries: int, layers: int, heads: int, apart: bool) -> None:
        """Build.

        Args:
            width: D of the rows in; out: of the rows out.
            queries: how many rows come out.
            layers: blocks.
            heads, apart: as of `QueryBlock`.
        """
        super().__init__()
        self.queries = nn.Parameter(nn.init.normal_(torch.empty(queries, width), std=0.02))
        self.rows_norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(
            QueryBlock(width=width, heads=heads, hidden=4 * width, apart=apart) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, out)

    def rows_out(self, grid: Grid) -> int:
        """How many rows come of a grid: of any, as many as there are queries."""
        return len(self.queries)

    def forward(self, rows: Tensor, grid: Grid) -> Tensor:
        """Inputs: rows: [N, S, D], S the cells of `grid`. Returns: [N, rows_out(grid), out]."""
        rows = self.rows_norm(rows) + _places(grid, rows)
        queries = self.queries.expand(len(rows), -1, -1)  # [N, Q, D]
        for block in self.blocks:
            queries = block(queries, rows)
        return self.project(self.norm(queries))


def _places(grid: Grid, rows: Tensor) -> Tensor:
    """What tells cells apart, zeros where the width does not divide by the axes. Returns: [S, D]."""
    width = rows.shape[-1]
    places = sinusoids(grid_positions(*grid, device=rows.device), width, base=PLACE_BASE)
    return F.pad(places, (0, width - places.shape[-1])).to(rows.dtype)
