"""A folder of a VideoMAE checkpoint to the object that users get."""

from pathlib import Path

import torch

from sensorium.models.video.classifier import VideoFamily, VideoModel
from sensorium.models.video.inputs import prepare
from sensorium.models.videomae.config import read_config
from sensorium.models.videomae.model import build
from sensorium.models.videomae.rules import rules

VIDEOMAE = VideoFamily(read_config, build, rules, prepare)


def load(folder: Path, *, dtype: torch.dtype | None = torch.float32) -> VideoModel:
    """Read a checkpoint, with its classes or as an encoder alone. Args and raises: as `VideoFamily.load`."""
    return VIDEOMAE.load(folder, dtype=dtype)
