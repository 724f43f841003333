"""The network of Idefics3 and SmolVLM.

tiles [N, 3, 512, 512] ── VisionTower ── pixel shuffle ── linear ─┐
                                                                  ├─ EarlyFusion ── Llama decoder ── logits
ids ──────────────────────────────────────────────────────────────┘
"""

import torch
from torch import Tensor, nn

from sensorium.encoders.vision_tower import VisionTower
from sensorium.fusion.connectors import fold_grid
from sensorium.inputs.carrier import MediaBatch
from sensorium.language.config import build_decoder
from sensorium.models.early import EarlyFusion
from sensorium.models.idefics3.config import Idefics3Config, TowerConfig
from sensorium.nn.block import tower_block

TILES_AT_ONCE = 4
"""Tiles that go through the tower together: more use more memory and are no faster."""


class BucketedPositions(nn.Module):
    """A learned row for each cell of a square grid; grids of other sizes take the row of the cell they lie in.

    NaViT's fractional places (Dehghani et al. 2023), computed with the reference's roundings.
    """

    def __init__(self, *, side: int, width: int) -> None:
        """Build. Args: side: cells of the learned grid along each side; width: D."""
        super().__init__()
        self.side = side
        self.table = nn.Parameter(nn.init.normal_(torch.empty(side * side, width), std=0.02))

    @property
    def exact(self) -> bool:
        """Whether each cell of a grid of the learned size has its own row: for some sizes, roundings give two one."""
        return self._buckets(self.side).tolist() == list(range(self.side))

    def forward(self, rows: int, columns: int, present: Tensor | None = None) -> Tensor:
        """Rows of places; tiles have no padding, so `present` must be None. Returns: [P, D]."""
        down, across = self._buckets(rows), self._buckets(columns)
        return self.table[(down[:, None] * self.side + across).flatten()]

    def _buckets(self, count: int) -> Tensor:
        """The learned cell of each of `count` cells. Returns: [count]."""
        boundaries = torch.arange(1 / self.side, 1.0, 1 / self.side)
        places = (torch.arange(count, dtype=torch.float32) * (1.0 / torch.tensor(count))).clamp(max=1.0 - 1e-6)
        return torch.bucketize(places, boundaries, right=True).to(self.table.device)


class TileReader(nn.Module):
    """Tiles of pictures, and frames of films, to rows."""

    def __init__(self, *, tower: VisionTower, connector: nn.Linear, fold: int, patch: int) -> None:
        """Build. Args: fold: patches along each side that make a row; patch: its side in pixels."""
        super().__init__()
        self.tower = tower
        self.connector = connector
        self.fold = fold
        self.patch = patch

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Items are [tiles, 3, height, width] fp32, normalised. Returns: a list of [S, D], tiles one after another."""
        return [
            torch.cat([self._rows(tiles) for tiles in item.split(TILES_AT_ONCE)]).flatten(0, 1)
            for item in batch.features
        ]

    def _rows(self, tiles: Tensor) -> Tensor:
        """Inputs: tiles: [N, 3, height, width]. Returns: [N, S, D]."""
        rows = self.tower(tiles)  # [N, P, D of the tower]
        height, width = tiles.shape[2] // self.patch, tiles.shape[3] // self.patch
        return self.connector(fold_grid(rows, height, width, self.fold))


def build(config: Idefics3Config) -> EarlyFusion:
    """A network with random weights."""
    tower = build_tower(config.vision)
    width = config.vision.width * config.fold**2
    connector = nn.Linear(width, config.language.width, bias=False)
    reader = TileReader(tower=tower, connector=connector, fold=config.fold, patch=config.vision.patch)
    return EarlyFusion(readers={"image": reader}, language=build_decoder(config.language))


def build_tower(config: TowerConfig) -> VisionTower:
    """The vision tower."""
    return VisionTower(
        patches=nn.Conv2d(3, config.width, config.patch, stride=config.patch),
        positions=BucketedPositions(side=config.side, width=config.width),
        blocks=[
            tower_block(config.width, config.heads, config.hidden, activation=config.activation, eps=config.eps)
            for _ in range(config.layers)
        ],
        norm=nn.LayerNorm(config.width, eps=config.eps),
    )
