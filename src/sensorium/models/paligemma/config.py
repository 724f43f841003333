"""Sizes of PaliGemma 1 and 2, read from the reference's config.json (model type paligemma)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.language.config import DecoderConfig
from sensorium.models.reading import check_type, of_checkpoint, read_section, typed_table
from sensorium.models.siglip.config import SiglipVisionConfig, vision_config
from sensorium.models.text.config import read_config as read_text_config
from sensorium.models.text.config import read_context

_IDLE = ("text_config", "vision_config", "ignore_index", "vocab_size", "hidden_size", "projection_dim")
_TEXT_IDLE = ("num_image_tokens",)
_TEXT = {
    "model_type": "gemma",
    "hidden_size": 2048,
    "num_hidden_layers": 18,
    "intermediate_size": 16_384,
    "num_attention_heads": 8,
    "num_key_value_heads": 1,
    "vocab_size": 257_152,
}
_VISION = {
    "intermediate_size": 4096,
    "hidden_size": 1152,
    "patch_size": 14,
    "image_size": 224,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
}
"""What the reference takes where a whole section is left out."""


@dataclass(frozen=True)
class PaliGemmaConfig:
    """image_token: the id that stands for one row. context: tokens that a prompt and its answer may have."""

    vision: SiglipVisionConfig
    language: DecoderConfig
    image_token: int = 256_000
    context: int = 8192

    @property
    def rows(self) -> int:
        """Rows that a picture gives: one for each patch."""
        return (self.vision.image_size // self.vision.patch_size) ** 2


@dataclass(frozen=True)
class _Whole:
    """The top level of a config.json, with the reference's defaults."""

    image_token_index: int = 256_000
    image_token_id: int | None = None
    tie_word_embeddings: bool = True


def read_config(data: Mapping[str, object], where: str = "config.json") -> PaliGemmaConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, "paligemma", where=where, give="the folder of a PaliGemma model")
    whole = read_section(_Whole, data, idle=_IDLE, where=where)
    text = typed_table(_or(data.get("text_config"), _TEXT), "gemma", "gemma2", where=f"{where}: text_config")
    if text.pop("use_bidirectional_attention", None) is False:
        raise CheckpointError(
            f"{where}: text_config: use_bidirectional_attention is false; expected true or null, since the prompt is "
            "read in both directions. Take the config of the checkpoint as it was published."
        )
    language, context = decoder_config(text, tied=whole.tie_word_embeddings, idle=_TEXT_IDLE, where=where)
    return PaliGemmaConfig(
        vision=tower_config(_or(data.get("vision_config"), _VISION), where=f"{where}: vision_config"),
        language=language,
        image_token=whole.image_token_index if whole.image_token_id is None else whole.image_token_id,
        context=context,
    )


def decoder_config(
    text: Mapping[str, object], *, tied: bool, idle: Collection[str] = (), where: str
) -> tuple[DecoderConfig, int]:
    """The decoder that a text section describes, and how many tokens it takes.

    Args:
        text: from `typed_table`.
        tied: the embedding is the head too; the top level of the file says it.
        idle: keys that do not touch what is computed, beside those of any language model.
        where: begins every message.

    Raises: CheckpointError as `read_config`.
    """
    kept = {key: value for key, value in text.items() if key not in idle}
    with of_checkpoint(where):
        return read_text_config({**kept, "tie_word_embeddings": tied}, where="text_config"), read_context(kept)


def tower_config(data: object, *, where: str) -> SiglipVisionConfig:
    """The SigLIP tower that a vision section describes.

    Raises: CheckpointError as `read_config`.
    """
    config = vision_config(typed_table(data, "siglip_vision_model", where=where), where=where)
    with of_checkpoint(where):
        if not 0 < config.patch_size <= config.image_size:
            raise ConfigError(
                f"patches of {config.patch_size} pixels do not fit into pictures of {config.image_size}; expected "
                "smaller ones. Correct the model's config."
            )
    return config


def _or(data: object, default: Mapping[str, object]) -> object:
    """A section, or what the reference takes where it is left out."""
    return default if data is None else data
