"""Sizes of Gemma 3 with pictures, read from the reference's config.json (model type gemma3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt

from sensorium.core.errors import ConfigError
from sensorium.language.config import DecoderConfig
from sensorium.models.paligemma.config import decoder_config, tower_config
from sensorium.models.reading import check_type, of_checkpoint, read_section, typed_table
from sensorium.models.siglip.config import SiglipVisionConfig

_IDLE = ("text_config", "vision_config", "boi_token_index", "eoi_token_index", "boi_token_id", "eoi_token_id")


@dataclass(frozen=True)
class Gemma3Config:
    """Sizes and choices.

    image_token: the id that stands for one row.
    rows: that a view of a picture gives, a square of them.
    context: tokens that a talk may have.
    """

    vision: SiglipVisionConfig
    language: DecoderConfig
    image_token: int = 262_144
    rows: int = 256
    context: int = 131_072

    def __post_init__(self) -> None:
        side = isqrt(max(self.rows, 0))
        if self.rows < 1 or side * side != self.rows or self.side % side:
            raise ConfigError(
                f"mm_tokens_per_image is {self.rows}; expected a square of rows that pool the {self.side}x{self.side} "
                "patches of a picture evenly. Correct the model's config."
            )
        window = min((each for each in self.language.windows if each is not None), default=self.rows)
        if window < self.rows:
            raise ConfigError(
                f"sliding_window is {window}; expected at least the {self.rows} rows of a picture, which see each "
                "other. Correct the model's config."
            )

    @property
    def side(self) -> int:
        """Patches along each side of a view."""
        return self.vision.image_size // self.vision.patch_size

    @property
    def pool(self) -> int:
        """Patches along each side of the square that becomes one row."""
        return self.side // isqrt(self.rows)


@dataclass(frozen=True)
class _Whole:
    """The top level of a config.json, with the reference's defaults."""

    image_token_index: int = 262_144
    image_token_id: int | None = None
    mm_tokens_per_image: int = 256
    tie_word_embeddings: bool = True


def read_config(data: Mapping[str, object], where: str = "config.json") -> Gemma3Config:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, "gemma3", where=where, give="the folder of a Gemma 3 model that takes pictures (4B and larger)")
    whole = read_section(_Whole, data, idle=_IDLE, where=where)
    text = typed_table(data.get("text_config"), "gemma3_text", where=f"{where}: text_config")
    language, context = decoder_config(text, tied=whole.tie_word_embeddings, where=where)
    vision = tower_config(data.get("vision_config"), where=f"{where}: vision_config")
    with of_checkpoint(where):
        return Gemma3Config(
            vision=vision,
            language=language,
            image_token=whole.image_token_index if whole.image_token_id is None else whole.image_token_id,
            rows=whole.mm_tokens_per_image,
            context=context,
        )
