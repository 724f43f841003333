"""The network of SigLIP: an attention-pooled row for the picture, the last token's row for the text.

The last token of a text is nearly always padding, which the model was trained to see: every text has the full length.
"""

import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.encoders.vision_tower import PositionTable, VisionTower
from sensorium.models.dual.network import DualEncoder, ImageEmbedder, TextEmbedder
from sensorium.models.dual.towers import text_tower, tower_blocks
from sensorium.models.siglip.config import SiglipConfig, SiglipVisionConfig
from sensorium.nn.attention import CrossAttention
from sensorium.nn.mlp import Mlp


class AttentionPool(nn.Module):
    """One learned query looks at all rows, then a feed-forward (the MAP head of Zhai et al. 2022)."""

    def __init__(self, *, attention: CrossAttention, norm: nn.Module, mlp: nn.Module, width: int) -> None:
        """Build from ready parts. Args: width: D."""
        super().__init__()
        self.query = nn.Parameter(nn.init.normal_(torch.empty(1, 1, width), std=0.02))
        self.attention = attention
        self.norm = norm
        self.mlp = mlp

    def forward(self, rows: Tensor) -> Tensor:
        """Inputs: rows: [N, S, D]. Returns: [N, D]."""
        key, value = self.attention.look(rows)
        x = self.attention(self.query.expand(len(rows), -1, -1), key, value)  # [N, 1, D]
        return (x + self.mlp(self.norm(x)))[:, 0]


class LastRow(nn.Module):
    """The row of the last token, whatever it is."""

    def forward(self, rows: Tensor, ids: Tensor) -> Tensor:
        """Inputs: rows: [B, T, D]; ids: [B, T]. Returns: [B, D]."""
        return rows[:, -1]


def build(config: SiglipConfig, *, interpolate: bool = False) -> DualEncoder:
    """A network with random weights; `interpolate` lets it take pictures of other sizes than its own.

    Raises: ConfigError for a vision tower without the head that pools: it gives rows, no embedding.
    """
    image = text = None
    if config.vision is not None:
        if not config.vision.vision_use_head:
            raise ConfigError(
                "SigLIP: vision_use_head is false, so the vision tower gives rows and no embedding; expected true. "
                "Load a checkpoint that was made for embedding."
            )
        tower = build_vision(config.vision, interpolate=interpolate)
        image = ImageEmbedder(tower=tower, pool=_pool(config.vision), project=nn.Identity())
    if config.text is not None:
        project = nn.Linear(config.text.hidden_size, config.text.width)
        text = TextEmbedder(tower=text_tower(config.text, causal=False), pool=LastRow(), project=project)
    both = image is not None and text is not None
    return DualEncoder(
        image=image,
        text=text,
        width=config.width,
        logit_scale=torch.log(torch.tensor([10.0])) if both else None,
        logit_bias=torch.tensor([-10.0]) if both else None,
    )


def build_vision(config: SiglipVisionConfig, *, interpolate: bool = False) -> VisionTower:
    """The picture tower, without the head that pools."""
    width, side = config.hidden_size, config.image_size // config.patch_size
    return VisionTower(
        patches=nn.Conv2d(config.num_channels, width, config.patch_size, stride=config.patch_size),
        positions=PositionTable(side=side, width=width, interpolate=interpolate),
        blocks=tower_blocks(config),
        norm=nn.LayerNorm(width, eps=config.layer_norm_eps),
    )


def _pool(config: SiglipVisionConfig) -> AttentionPool:
    width = config.hidden_size
    return AttentionPool(
        attention=CrossAttention(width=width, source_width=width, heads=config.num_attention_heads, bias=True),
        norm=nn.LayerNorm(width, eps=config.layer_norm_eps),
        mlp=Mlp(width, config.intermediate_size, activation=config.hidden_act),
        width=width,
    )
