"""The network of CLIP: a class token's row for the picture, the end token's row for the text."""

import math

import torch
from torch import Tensor, nn

from sensorium.encoders.vision_tower import PositionTable, VisionTower
from sensorium.models.clip.config import ClipConfig, ClipVisionConfig
from sensorium.models.dual.network import DualEncoder, ImageEmbedder, TextEmbedder
from sensorium.models.dual.towers import text_tower, tower_blocks
from sensorium.models.pooling import FirstRow

LEGACY_END = 2
"""The end token that old configs name and no text has; theirs is the highest id."""


class EndRow(nn.Module):
    """The row of the first end token."""

    def __init__(self, end: int) -> None:
        """Build. Args: end: its id; 2 takes the first of the highest ids instead."""
        super().__init__()
        self.end = end

    def forward(self, rows: Tensor, ids: Tensor) -> Tensor:
        """Inputs: rows: [B, T, D]; ids: [B, T], each text with its end token. Returns: [B, D]."""
        ends = ids if self.end == LEGACY_END else (ids == self.end).int()
        return rows[torch.arange(len(rows), device=rows.device), ends.argmax(dim=1)]


def build(config: ClipConfig, *, interpolate: bool = False) -> DualEncoder:
    """A network with random weights; `interpolate` lets it take pictures of other sizes than its own."""
    image = text = None
    if config.vision is not None:
        tower = build_vision(config.vision, interpolate=interpolate)
        project = _project(tower.width, config.projection_dim)
        image = ImageEmbedder(tower=tower, pool=FirstRow(), project=project, rows=slice(1))
    if config.text is not None:
        reader = text_tower(config.text, causal=True)
        project = _project(reader.width, config.projection_dim)
        text = TextEmbedder(tower=reader, pool=EndRow(config.text.eos_token_id), project=project)
    scale = torch.tensor(math.log(1 / 0.07)) if image and text else None
    return DualEncoder(image=image, text=text, width=config.width, logit_scale=scale)


def build_vision(config: ClipVisionConfig, *, interpolate: bool = False) -> VisionTower:
    """The picture tower; its final norm is meant for the class token's row alone (other families leave it out)."""
    width, side = config.hidden_size, config.image_size // config.patch_size
    return VisionTower(
        patches=nn.Conv2d(config.num_channels, width, config.patch_size, stride=config.patch_size, bias=False),
        positions=PositionTable(side=side, width=width, class_token=True, interpolate=interpolate),
        blocks=tower_blocks(config),
        class_token=True,
        pre_norm=nn.LayerNorm(width, eps=config.layer_norm_eps),
        norm=nn.LayerNorm(width, eps=config.layer_norm_eps),
    )


def _project(width: int, out: int | None) -> nn.Module:
    return nn.Identity() if out is None else nn.Linear(width, out, bias=False)
