"""How a folder of TimeSformer wants films prepared."""

from functools import partial
from pathlib import Path

from sensorium.inputs.clips import prepare_clip
from sensorium.models.timesformer.config import TimesformerConfig
from sensorium.models.videomae.classifier import Prepare
from sensorium.models.videomae.inputs import read_clips


def prepare(folder: Path, config: TimesformerConfig) -> Prepare:
    """What a folder's processor does. Raises: as `read_clips`."""
    return partial(prepare_clip, spec=read_clips(folder, config.shape))
