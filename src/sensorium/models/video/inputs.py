"""What the files beside the weights say about films."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from sensorium.inputs.clips import ClipSpec, clip_spec, prepare_clip
from sensorium.inputs.pictures import Exact
from sensorium.inputs.settings import picture_settings, wrong_size
from sensorium.models.video.classifier import Prepare
from sensorium.weights.folder import read_json


class Shaped(Protocol):
    """A config of a network that takes clips of one size."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height and width of a clip."""


def prepare(folder: Path, config: Shaped) -> Prepare:
    """How a folder wants films prepared. Raises: as `read_clips`."""
    return partial(prepare_clip, spec=read_clips(folder, config.shape))


def read_clips(folder: Path, shape: tuple[int, int, int]) -> ClipSpec:
    """The settings of a folder.

    Args:
        folder: with one of the files that processors are stored in.
        shape: frames, height and width that the network takes.

    Raises: CheckpointError when none is there, or makes frames of another size; ConfigError for a setting that is not
    supported.
    """
    settings, path = read_settings(folder)
    frames, height, width = shape
    spec = clip_spec(settings, frames=frames, where=path)
    if (spec.pictures.crop or spec.pictures.size) != Exact(height, width):
        raise wrong_size(spec.pictures, Exact(height, width), path)
    return spec


def read_settings(folder: Path) -> tuple[Mapping[str, object], str]:
    """Settings for films, and the file that has them; of a folder without, those for pictures, as in the reference."""
    path = folder / "processor_config.json"
    settings = read_json(path).get("video_processor") if path.is_file() else None
    if isinstance(settings, Mapping):
        return settings, str(path)
    path = folder / "video_preprocessor_config.json"
    return (read_json(path), str(path)) if path.is_file() else picture_settings(folder)
