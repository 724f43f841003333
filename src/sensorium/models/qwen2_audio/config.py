"""Sizes of Qwen2-Audio, read from the reference's config.json (model type qwen2_audio)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.language.config import DecoderConfig
from sensorium.models.reading import check_tower, check_type, of_checkpoint, read_section, table, typed_table
from sensorium.models.text.config import read_config as read_text_config
from sensorium.models.text.config import read_context

POOL = 2
"""Rows of the encoder that become one row of the language model."""

_IDLE_ENCODER = (
    # training
    *("activation_dropout", "encoder_layerdrop", "init_std"),
    # said, but used nowhere in the reference
    "scale_embedding",
)
_IDLE = ("audio_config", "text_config", "ignore_index", "vocab_size")


@dataclass(frozen=True)
class EncoderConfig:
    """The encoder; fields have the names of the keys, defaults are those of the reference's configuration class."""

    num_mel_bins: int = 128
    d_model: int = 1280
    encoder_layers: int = 32
    encoder_attention_heads: int = 20
    encoder_ffn_dim: int = 5120
    max_source_positions: int = 1500
    activation_function: str = "gelu"

    def __post_init__(self) -> None:
        check_tower(
            "Qwen2-Audio's encoder",
            width=self.d_model,
            heads=self.encoder_attention_heads,
            layers=self.encoder_layers,
            hidden=self.encoder_ffn_dim,
        )
        check_sizes("Qwen2-Audio's encoder", positions=self.max_source_positions)
        if self.d_model % 2:
            raise ConfigError(f"Qwen2-Audio has d_model {self.d_model}; expected an even number. Change it.")
        if self.max_source_positions < POOL:
            raise ConfigError(
                f"Qwen2-Audio has max_source_positions {self.max_source_positions}; expected at least {POOL}, which "
                "make one row. Change it."
            )


@dataclass(frozen=True)
class Qwen2AudioConfig:
    """Sizes of all parts.

    audio_token: the id that stands for one row.
    context: tokens that a talk may have.
    """

    audio: EncoderConfig
    language: DecoderConfig
    audio_token: int = 151_646
    context: int = 32_768


@dataclass(frozen=True)
class _Whole:
    """The top level of a config.json."""

    audio_token_index: int = 151_646
    audio_token_id: int | None = None


def read_config(data: Mapping[str, object], where: str = "config.json") -> Qwen2AudioConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, "qwen2_audio", where=where, give="the folder of a Qwen2-Audio model")
    whole = read_section(_Whole, data, idle=_IDLE, where=where)
    audio = typed_table(data.get("audio_config"), "qwen2_audio_encoder", where=f"{where}: audio_config")
    text = {"model_type": "qwen2", **table(data.get("text_config"), where=f"{where}: text_config")}
    with of_checkpoint(where):
        language, context = read_text_config(text, where="text_config"), read_context(text)
    return Qwen2AudioConfig(
        audio=read_section(EncoderConfig, audio, idle=_IDLE_ENCODER, where=f"{where}: audio_config"),
        language=language,
        audio_token=whole.audio_token_index if whole.audio_token_id is None else whole.audio_token_id,
        context=context,
    )
