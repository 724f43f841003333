"""The network of R3D: classes are told by the mean over time and space."""

from torch import nn

from sensorium.encoders.video_r3d import R3dEncoder
from sensorium.models.pooling import MeanRow
from sensorium.models.r3d.config import R3dConfig
from sensorium.models.video.network import ClassHead, VideoNetwork


def build(config: R3dConfig, classes: int | None = None) -> VideoNetwork:
    """A network with random weights; `classes` None for the encoder alone."""
    encoder = R3dEncoder(channels=config.channels, depths=config.depths)
    if classes is None:
        return VideoNetwork(encoder=encoder, head=None)
    return VideoNetwork(encoder=encoder, head=ClassHead(pool=MeanRow(), classifier=nn.Linear(encoder.width, classes)))
