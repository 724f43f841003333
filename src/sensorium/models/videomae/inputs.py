"""What the files beside the weights say about films; TimeSformer has the same files."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from sensorium.core.errors import CheckpointError
from sensorium.inputs.clips import ClipSpec, clip_spec, prepare_clip
from sensorium.inputs.pictures import Exact
from sensorium.inputs.settings import picture_settings
from sensorium.models.videomae.classifier import Prepare
from sensorium.models.videomae.config import VideoMaeConfig
from sensorium.weights.folder import read_json


def prepare(folder: Path, config: VideoMaeConfig) -> Prepare:
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
    settings, path = _settings(folder)
    frames, height, width = shape
    spec = clip_spec(settings, frames=frames, where=path)
    made = spec.pictures.crop or spec.pictures.size
    if made != Exact(height, width):
        raise CheckpointError(
            f"{path}: makes frames of {made}; the network takes {width}x{height} pixels. Use the files of one model "
            "together."
        )
    return spec


def _settings(folder: Path) -> tuple[Mapping[str, object], str]:
    """Settings for films, and the file that has them; of a folder without, those for pictures, as in the reference."""
    path = folder / "processor_config.json"
    settings = read_json(path).get("video_processor") if path.is_file() else None
    if isinstance(settings, Mapping):
        return settings, str(path)
    path = folder / "video_preprocessor_config.json"
    return (read_json(path), str(path)) if path.is_file() else picture_settings(folder)
