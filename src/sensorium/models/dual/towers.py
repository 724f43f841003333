"""What the towers of CLIP and SigLIP have in common."""

from torch import nn

from sensorium.encoders.text_tower import TextTower
from sensorium.models.clip.config import ClipTextConfig, ClipVisionConfig
from sensorium.models.siglip.config import SiglipTextConfig, SiglipVisionConfig
from sensorium.nn.block import Block, tower_block

TextConfig = ClipTextConfig | SiglipTextConfig
TowerConfig = TextConfig | ClipVisionConfig | SiglipVisionConfig


def tower_blocks(config: TowerConfig) -> list[Block]:
    """The blocks of a tower."""
    return [
        tower_block(
            config.hidden_size,
            config.num_attention_heads,
            config.intermediate_size,
            activation=config.hidden_act,
            eps=config.layer_norm_eps,
        )
        for _ in range(config.num_hidden_layers)
    ]


def text_tower(config: TextConfig, *, causal: bool) -> TextTower:
    """A text tower, without what pools and projects."""
    return TextTower(
        embedding=nn.Embedding(config.vocab_size, config.hidden_size),
        context=config.max_position_embeddings,
        blocks=tower_blocks(config),
        norm=nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps),
        causal=causal,
    )
