"""Where a checkpoint says how its media are prepared."""

from collections.abc import Collection, Mapping
from pathlib import Path

from sensorium.core.errors import CheckpointError
from sensorium.inputs.pictures import Exact, PictureSpec, Settings, picture_spec
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


def tower_pictures(
    settings: Settings, side: int, *, where: str, defaults: Settings | None = None, own: Collection[str] = ()
) -> PictureSpec:
    """The spec that settings give to a tower that takes squares of `side` pixels; the rest as of `picture_spec`.

    Raises: ConfigError for a setting that is unknown or not supported; CheckpointError for another size.
    """
    spec = picture_spec(settings, where=where, defaults=defaults, own=own)
    if (spec.crop or spec.size) != Exact(side, side):
        raise wrong_size(spec, Exact(side, side), where)
    return spec


def wrong_size(spec: PictureSpec, expected: Exact, where: str) -> CheckpointError:
    """The error for pictures of another size than the tower takes."""
    return CheckpointError(
        f"{where}: pictures get size {spec.size} and crop {spec.crop}; expected {expected.width}x{expected.height} "
        "pixels, as the vision tower takes. Use the files of one model together."
    )
