"""The network of TimeSformer: classes are told by the class token's row."""

from functools import partial

from torch import nn

from sensorium.encoders.video_timesformer import DividedBlock, TimesformerEncoder
from sensorium.models.pooling import FirstRow
from sensorium.models.timesformer.config import TimesformerConfig
from sensorium.models.video.network import ClassHead, VideoNetwork
from sensorium.nn.attention import Attention
from sensorium.nn.mlp import Mlp


def build(config: TimesformerConfig, classes: int | None = None) -> VideoNetwork:
    """A network with random weights; `classes` None for the encoder alone."""
    classifier = None if classes is None else nn.Linear(config.hidden_size, classes)
    head = None if classifier is None else ClassHead(pool=FirstRow(), classifier=classifier)
    return VideoNetwork(encoder=build_encoder(config), head=head)


def build_encoder(config: TimesformerConfig) -> TimesformerEncoder:
    """The encoder, which ends with a norm."""
    width, patch = config.hidden_size, config.patch_size
    return TimesformerEncoder(
        patches=nn.Conv2d(config.num_channels, width, patch, stride=patch),
        frames=config.num_frames,
        side=config.image_size,
        blocks=[_block(config) for _ in range(config.num_hidden_layers)],
        norm=nn.LayerNorm(width, eps=config.layer_norm_eps),
    )


def _block(config: TimesformerConfig) -> DividedBlock:
    width = config.hidden_size
    norm = partial(nn.LayerNorm, width, eps=config.layer_norm_eps)
    attention = partial(Attention, width=width, heads=config.num_attention_heads, bias=config.qkv_bias, out_bias=True)
    return DividedBlock(
        time_norm=norm(),
        time_attention=attention(),
        time_out=nn.Linear(width, width),
        attention_norm=norm(),
        attention=attention(),
        mlp_norm=norm(),
        mlp=Mlp(width, config.intermediate_size, activation=config.hidden_act),
    )
