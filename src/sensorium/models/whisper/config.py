"""Sizes of Whisper, read from the reference's config.json.

Fields have the names of the keys, and the reference's defaults for keys that are left out. What its tokens mean stands
in generation_config.json (tokens.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.models.reading import check_tower, check_type, read_section

_IDLE = (
    # training
    *("activation_dropout", "encoder_layerdrop", "decoder_layerdrop", "init_std", "apply_spec_augment"),
    *("mask_time_prob", "mask_time_length", "mask_time_min_masks"),
    *("mask_feature_prob", "mask_feature_length", "mask_feature_min_masks"),
    # heads of other tasks, and what follows from other keys
    *("classifier_proj_size", "is_encoder_decoder", "num_hidden_layers", "hidden_size", "num_attention_heads"),
    # tokens
    *("forced_decoder_ids", "lang_ids", "suppress_ids", "begin_suppress_ids", "input_stride"),
)


@dataclass(frozen=True)
class WhisperConfig:
    """Both halves of the network."""

    vocab_size: int = 51_865
    num_mel_bins: int = 80
    d_model: int = 384
    encoder_layers: int = 4
    encoder_attention_heads: int = 6
    encoder_ffn_dim: int = 1536
    decoder_layers: int = 4
    decoder_attention_heads: int = 6
    decoder_ffn_dim: int = 1536
    max_source_positions: int = 1500
    max_target_positions: int = 448
    activation_function: str = "gelu"
    median_filter_width: int = 7
    tie_word_embeddings: bool = True

    def __post_init__(self) -> None:
        check_tower(
            "Whisper's encoder",
            width=self.d_model,
            heads=self.encoder_attention_heads,
            layers=self.encoder_layers,
            hidden=self.encoder_ffn_dim,
        )
        check_tower(
            "Whisper's decoder",
            width=self.d_model,
            heads=self.decoder_attention_heads,
            layers=self.decoder_layers,
            hidden=self.decoder_ffn_dim,
        )
        check_sizes("Whisper's encoder", positions=self.max_source_positions)
        check_sizes("Whisper's decoder", positions=self.max_target_positions, vocabulary=self.vocab_size)
        if self.d_model % 2:
            raise ConfigError(f"Whisper has d_model {self.d_model}; expected an even number. Change it.")
        if not self.tie_word_embeddings:
            raise ConfigError(
                "Whisper has tie_word_embeddings false; expected true: a head of its own is not known of any "
                "checkpoint. Tie embedding and head, and save it again."
            )
        if self.median_filter_width < 1 or self.median_filter_width % 2 == 0:
            raise ConfigError(
                f"Whisper has median_filter_width {self.median_filter_width}; expected an odd number. Change it."
            )


def read_config(data: Mapping[str, object], where: str = "config.json") -> WhisperConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, "whisper", where=where, give="the folder of a Whisper model")
    return read_section(WhisperConfig, data, idle=_IDLE, where=where)
