"""The network of LLaVA-1.5 and LLaVA-NeXT.

views [N, 3, 336, 336] ── VisionTower, one or more of its layers ── projector ─┐
                                                                               ├─ EarlyFusion ── decoder ── logits
ids ───────────────────────────────────────────────────────────────────────────┘

A view is a whole picture; for LLaVA-NeXT also each of its tiles, which are joined again, without their padding, and a
learned row closes each line of patches.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sensorium.encoders.vision_tower import VisionTower
from sensorium.inputs.carrier import MediaBatch
from sensorium.inputs.tiles import best_resolution, unpadded
from sensorium.language.config import build_decoder
from sensorium.models.clip.config import ClipVisionConfig
from sensorium.models.clip.model import build_vision as build_clip
from sensorium.models.early import EarlyFusion, by_shape
from sensorium.models.llava.config import LlavaConfig, Pinpoints
from sensorium.models.siglip.config import SiglipVisionConfig
from sensorium.models.siglip.model import build_vision as build_siglip
from sensorium.nn.mlp import Mlp

VIEWS_AT_ONCE = 4
"""Views that go through the tower together; so memory does not grow with their number."""


class ViewReader(nn.Module):
    """Views to rows of the language model's width."""

    def __init__(self, *, tower: VisionTower, projector: nn.Module, layers: Sequence[int], first: int) -> None:
        """Build.

        Args:
            tower: its final norm is not used.
            projector: from as many rows side by side as there are layers.
            layers: those whose rows are taken.
            first: rows that are dropped at the start of each view, 1 to do without the class token.
        """
        super().__init__()
        self.tower = tower
        self.projector = projector
        self.layers = tuple(layers)
        self.first = first

    def forward(self, views: Tensor) -> Tensor:
        """Inputs: views: [N, 3, height, width], normalised. Returns: [N, S, D]."""
        return torch.cat([self._rows(some) for some in views.split(VIEWS_AT_ONCE)])

    def _rows(self, views: Tensor) -> Tensor:
        rows = torch.cat(self.tower.after_each(views, self.layers), dim=-1)  # [N, 1 + P, layers D of the tower]
        return self.projector(rows[:, self.first :])


class PictureReader(nn.Module):
    """Pictures as one view each: LLaVA-1.5."""

    def __init__(self, *, views: ViewReader) -> None:
        """Build from a ready reader."""
        super().__init__()
        self.views = views

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Items are [3, height, width] fp32, normalised. Returns: a list of [S, D]."""
        return by_shape(batch, lambda views, _: self.views(views))


class TileReader(nn.Module):
    """Pictures as a view of the whole and tiles: LLaVA-NeXT."""

    def __init__(self, *, views: ViewReader, pinpoints: Pinpoints, tile: int, side: int, width: int) -> None:
        """Build.

        Args:
            views: gives side^2 rows a view.
            pinpoints: sizes in pixels that pictures were cut from; tile: of a tile.
            side: patches along each side of a tile.
            width: D of the language model.
        """
        super().__init__()
        self.views = views
        self.pinpoints = pinpoints
        self.tile = tile
        self.side = side
        self.newline = nn.Parameter(torch.empty(width).normal_(std=width**-0.5))

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Items are [1 + tiles, 3, tile, tile] fp32, the whole first; `sizes` has those of the users' pictures.

        Returns: a list of [S, D]: the whole, then the picture line by line, each line closed by the learned row.
        """
        return [self._rows(item, *size) for item, size in zip(batch.features, batch.sizes, strict=True)]

    def _rows(self, views: Tensor, height: int, width: int) -> Tensor:
        rows = self.views(views)  # [1 + tiles, side^2, D]
        tall, wide = best_resolution(height, width, self.pinpoints)
        down, across = tall // self.tile, wide // self.tile
        tiles = rows[1:].view(down, across, self.side, self.side, -1)
        grid = tiles.transpose(1, 2).flatten(2, 3).flatten(0, 1)  # [rows of patches, columns, D]
        shown = unpadded(height, width, grid_rows=grid.shape[0], grid_columns=grid.shape[1])
        grid = grid[shown.top :][: shown.rows, shown.left : shown.left + shown.columns]
        newline = self.newline.to(grid.dtype).expand(len(grid), 1, -1)
        return torch.cat((rows[0], torch.cat((grid, newline), dim=1).flatten(0, 1)))


def build(config: LlavaConfig) -> EarlyFusion:
    """A network with random weights."""
    width = config.language.width
    tower = build_tower(config.vision)
    views = ViewReader(
        tower=tower,
        projector=Mlp(tower.width * len(config.layers), width, width, activation=config.activation, bias=config.bias),
        layers=config.layers,
        first=int(not config.every_row),
    )
    reader: nn.Module = PictureReader(views=views)
    if config.pinpoints is not None:
        tile = config.vision.image_size
        reader = TileReader(views=views, pinpoints=config.pinpoints, tile=tile, side=config.side, width=width)
    return EarlyFusion(readers={"image": reader}, language=build_decoder(config.language))


def build_tower(config: ClipVisionConfig | SiglipVisionConfig) -> VisionTower:
    """The vision tower, whole: with its last layers and its norm, although they may not be used."""
    return build_clip(config) if isinstance(config, ClipVisionConfig) else build_siglip(config)
