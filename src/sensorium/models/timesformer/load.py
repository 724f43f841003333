"""A folder of a TimeSformer checkpoint to the object that users get."""

from pathlib import Path

import torch

from sensorium.models.timesformer.config import read_config
from sensorium.models.timesformer.model import build
from sensorium.models.timesformer.rules import rules
from sensorium.models.video.classifier import VideoFamily, VideoModel
from sensorium.models.video.inputs import prepare

TIMESFORMER = VideoFamily(read_config, build, rules, prepare)


def load(folder: Path, *, dtype: torch.dtype | None = torch.float32) -> VideoModel:
    """Read a checkpoint, with its classes or as an encoder alone. Args and raises: as `VideoFamily.load`."""
    return TIMESFORMER.load(folder, dtype=dtype)
