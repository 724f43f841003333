"""What CLIP takes: pictures with the shortest edge resized and the middle cut out, texts padded to the longest."""

from pathlib import Path

from sensorium.inputs.pictures import CLIP, PictureSpec
from sensorium.models.clip.config import ClipConfig
from sensorium.models.dual.settings import read_pictures, read_text_settings
from sensorium.models.dual.texts import Texts


def pictures(folder: Path, config: ClipConfig) -> PictureSpec | None:
    """How a folder wants pictures prepared. Raises: CheckpointError, ConfigError as `read_pictures`."""
    return read_pictures(folder, defaults=CLIP, side=config.vision.image_size) if config.vision else None


def texts(folder: Path, config: ClipConfig) -> Texts | None:
    """How a folder wants texts read. Raises: CheckpointError as `read_text_settings`."""
    if config.text is None:
        return None
    said = read_text_settings(folder)
    return Texts(
        encode=said.encode,
        pad=said.pad,
        context=config.text.max_position_embeddings,
        vocabulary=config.text.vocab_size,
        full=False,
        left=said.left,
        masked=said.left,  # on the right nothing would change: the end token does not see what comes after it
    )
