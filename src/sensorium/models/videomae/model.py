"""The network of VideoMAE."""

from torch import nn

from sensorium.encoders.video_videomae import VideoMaeEncoder
from sensorium.models.pooling import FirstRow, MeanRow
from sensorium.models.video.network import ClassHead, VideoNetwork
from sensorium.models.videomae.config import VideoMaeConfig
from sensorium.nn.attention import Attention
from sensorium.nn.block import Block
from sensorium.nn.mlp import Mlp


def build(config: VideoMaeConfig, classes: int | None = None) -> VideoNetwork:
    """A network with random weights; `classes` None for the encoder alone."""
    return VideoNetwork(encoder=build_encoder(config), head=None if classes is None else _head(config, classes))


def build_encoder(config: VideoMaeConfig) -> VideoMaeEncoder:
    """The encoder; it ends with a norm only where the head does not."""
    norm = None if config.use_mean_pooling else nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
    return VideoMaeEncoder(
        patches=nn.Conv3d(config.num_channels, config.hidden_size, config.tubelet, stride=config.tubelet),
        shape=config.shape,
        blocks=[_block(config) for _ in range(config.num_hidden_layers)],
        norm=norm,
    )


def _block(config: VideoMaeConfig) -> Block:
    """Keys have no bias there; ours is 0, and stays so: it adds the same to all scores of a query."""
    width = config.hidden_size
    return Block(
        attention=Attention(width=width, heads=config.num_attention_heads, bias=config.qv_bias, out_bias=True),
        mlp=Mlp(width, config.intermediate_size, activation=config.hidden_act),
        attention_norm=nn.LayerNorm(width, eps=config.layer_norm_eps),
        mlp_norm=nn.LayerNorm(width, eps=config.layer_norm_eps),
    )


def _head(config: VideoMaeConfig, classes: int) -> ClassHead:
    classifier = nn.Linear(config.hidden_size, classes)
    if config.use_mean_pooling:
        return ClassHead(pool=MeanRow(), norm=nn.LayerNorm(config.hidden_size), classifier=classifier)
    return ClassHead(pool=FirstRow(), classifier=classifier)
