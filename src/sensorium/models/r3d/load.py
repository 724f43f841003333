"""A folder of R3D weights with our config.json to the object that users get."""

from pathlib import Path

import torch

from sensorium.models.r3d.config import read_config
from sensorium.models.r3d.inputs import prepare
from sensorium.models.r3d.model import build
from sensorium.models.r3d.rules import rules
from sensorium.models.video.classifier import VideoFamily, VideoModel

R3D = VideoFamily(read_config, build, rules, prepare, classifier="fc.weight")


def load(folder: Path, *, dtype: torch.dtype | None = torch.float32) -> VideoModel:
    """Read a checkpoint, with its classes or as an encoder alone. Args and raises: as `VideoFamily.load`."""
    return R3D.load(folder, dtype=dtype)
