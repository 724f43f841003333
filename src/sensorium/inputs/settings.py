"""Where a checkpoint says how its media are prepared."""

from collections.abc import Mapping
from pathlib import Path

from sensorium.core.errors import CheckpointError
from sensorium.weights.folder import read_json


def picture_settings(folder: Path) -> tuple[Mapping[str, object], str]:
    """Settings for pictures, and the file that has them.

    That is preprocessor_config.json, or the part "image_processor" of processor_config.json, as newer versions write.

    Raises: CheckpointError when neither is there.
    """
    path = folder / "preprocessor_config.json"
    settings: object = read_json(path) if path.is_file() else None
    if settings is None and (folder / "processor_config.json").is_file():
        path = folder / "processor_config.json"
        settings = read_json(path).get("image_processor")
    if not isinstance(settings, Mapping):
        raise CheckpointError(
            f"{folder}: has no preprocessor_config.json, which says how pictures are prepared. Fetch it as well."
        )
    return settings, str(path)
