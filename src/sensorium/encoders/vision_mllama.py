"""The vision tower of Llama 3.2 Vision: the tiles of a picture as one sequence, encoded twice.

    tiles ── patches ── + tile ── class token ── + place ── norm ── blocks ── norm ── + tile ── gated blocks ── rows ┐
                                                               └─ rows after some of the blocks ─────────────────────┴─

Every picture takes the room of the most tiles there may be, and every tile that of a multiple of 8 rows. What is empty
is seen by all rows that are not, as it was in training; only empty rows do not see each other. Only rows of real
patches are given out.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.gate import TanhGate

ROW_MULTIPLE = 8
"""Rows of a tile are padded to a multiple of so many."""


class TileTable(nn.Module):
    """Learned rows for each tile of each shape of a grid, behind a gate."""

    def __init__(self, *, shapes: int, tiles: int, rows: int, width: int) -> None:
        """Build.

        Args:
            shapes: of grids, numbered from 1; number 0 is that of no picture.
            tiles: most of them in a grid.
            rows: for each tile.
            width: D.
        """
        super().__init__()
        self.size = (tiles, rows, width)
        self.gate = TanhGate()
        self.table = nn.Embedding(1 + shapes, tiles * rows * width)

    def forward(self, shape: int) -> Tensor:
        """Rows for a grid of this shape. Returns: [tiles, rows, D]."""
        return self.gate(self.table.weight[shape].view(self.size))


class PlaceTable(nn.Module):
    """A learned row for each place in any tile, which gives way to those of a `TileTable` as its gate opens."""

    def __init__(self, *, tiles: TileTable) -> None:
        """Build from a ready table, with as many rows for a tile as there are places."""
        super().__init__()
        _, rows, width = tiles.size
        self.table = nn.Parameter(nn.init.normal_(torch.empty(rows, width), std=width**-0.5))
        self.tiles = tiles

    def forward(self, shape: int) -> Tensor:
        """Rows for a grid of this shape. Returns: [tiles, rows, D]."""
        return self.table - self.tiles.gate(self.table) + self.tiles(shape)


class TiledVision(nn.Module):
    """Tiles of one picture to rows, one for each patch and one before them for each tile."""

    def __init__(
        self,
        *,
        patches: nn.Conv2d,
        before: TileTable,
        places: PlaceTable,
        blocks: Sequence[nn.Module],
        after: TileTable,
        last_blocks: Sequence[nn.Module],
        taken: Sequence[int],
    ) -> None:
        """Build from ready parts.

        Args:
            patches: the convolution that cuts, without bias; its stride is its size. D is the number of its channels.
            before, after: one row for a tile, added to its patches at the beginning, and to all its rows in the middle.
            places: a row for the class token and for each patch of a tile.
            blocks, last_blocks: called with rows and the keyword `mask`.
            taken: numbers of the blocks whose rows are given out too.
        """
        super().__init__()
        self.patches = patches
        self.before = before
        width = patches.out_channels
        self.class_token = nn.Parameter(nn.init.normal_(torch.empty(width), std=width**-0.5))
        self.places = places
        self.pre_norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width)
        self.after = after
        self.last_blocks = nn.ModuleList(last_blocks)
        self.taken = tuple(taken)

    def forward(self, tiles: Tensor, shape: int) -> Tensor:
        """Encode one picture.

        Inputs: tiles: [N, 3, side, side], normalised; shape: the number of the shape of their grid.

        Returns: [N, 1 + P, D + taken D]: rows after the last block, then, channel by channel, those of `taken`.
        """
        x = self._embed(tiles, shape)  # [most, 1 + P, D]
        most, rows, _ = x.shape
        x = F.pad(x, (0, 0, 0, -rows % ROW_MULTIPLE))
        real = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
        real[: len(tiles), :rows] = True
        mask = real.view(-1, 1) | real.view(1, -1)
        x = x.flatten(0, 1).unsqueeze(0)  # [1, most R, D]
        found: dict[int, Tensor] = {}
        for number, block in enumerate(self.blocks):
            x = block(x, mask=mask)
            if number in self.taken:
                found[number] = x
        x = self.norm(x).view(most, -1, x.shape[-1]) + self.after(shape)
        x = x.flatten(0, 1).unsqueeze(0)
        for block in self.last_blocks:
            x = block(x, mask=mask)
        beside = [torch.stack([found[number] for number in self.taken], dim=-1).flatten(2)] if found else []
        return torch.cat((x, *beside), dim=-1).unflatten(1, (most, -1))[0, : len(tiles), :rows]

    def _embed(self, tiles: Tensor, shape: int) -> Tensor:
        """Rows before the first block, of all tiles that there may be. Returns: [most, 1 + P, D]."""
        x = self.patches(tiles.to(self.patches.weight.dtype)).flatten(2).transpose(1, 2)  # [N, P, D]
        before = self.before(shape)  # [most, 1, D]
        x = F.pad(x, (0, 0, 0, 0, 0, len(before) - len(x))) + before  # the patches of an empty tile are zeros
        x = torch.cat((self.class_token.expand(len(x), 1, -1), x), dim=1)
        return self.pre_norm(x + self.places(shape))
