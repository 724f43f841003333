"""What SigLIP takes: pictures resized whatever their proportions are, texts padded to the full context."""

from pathlib import Path

from sensorium.inputs.pictures import SIGLIP, PictureSpec
from sensorium.models.dual.settings import read_pictures, read_text_settings
from sensorium.models.dual.texts import Texts
from sensorium.models.siglip.config import SiglipConfig


def pictures(folder: Path, config: SiglipConfig) -> PictureSpec | None:
    """How a folder wants pictures prepared. Raises: CheckpointError, ConfigError as `read_pictures`."""
    return read_pictures(folder, defaults=SIGLIP, side=config.vision.image_size) if config.vision else None


def texts(folder: Path, config: SiglipConfig) -> Texts | None:
    """How a folder wants texts read. Raises: CheckpointError as `read_text_settings`.

    Padding is seen, as it was in training, unless the tokenizer's config says that it gives a mask. Letters are made
    small where the config says so, for SigLIP 2 was trained with small ones; the reference does so for NaFlex alone.
    """
    if config.text is None:
        return None
    said = read_text_settings(folder)
    return Texts(
        encode=said.encode,
        pad=said.pad,
        context=config.text.max_position_embeddings,
        vocabulary=config.text.vocab_size,
        full=True,
        left=said.left,
        masked=said.masked is True,
        lower=said.lower,
    )
