"""Sizes of wav2vec 2.0, read from the reference's config.json.

Fields have the names of the keys, and the reference's defaults for keys that are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.models.reading import check_tower, check_type, read_section

_IDLE = (
    # training
    *("activation_dropout", "feat_extract_dropout", "feat_proj_dropout", "feat_quantizer_dropout", "final_dropout"),
    *("hidden_dropout", "hidden_dropout_prob", "layerdrop", "apply_spec_augment", "ctc_loss_reduction"),
    *("mask_time_prob", "mask_time_length", "mask_time_min_masks", "mask_channel_prob", "mask_channel_length"),
    *("mask_feature_prob", "mask_feature_length", "mask_feature_min_masks", "mask_channel_min_space"),
    *("mask_channel_other", "mask_channel_selection", "mask_time_min_space", "mask_time_other", "mask_time_selection"),
    *("num_codevectors_per_group", "num_codevector_groups", "contrastive_logits_temperature", "num_negatives"),
    *("codevector_dim", "proj_codevector_dim", "diversity_loss_weight", "ctc_zero_infinity"),
    # heads of other tasks, parts that are not there, and what follows from other keys
    *("classifier_proj_size", "tdnn_dim", "tdnn_kernel", "tdnn_dilation", "xvector_output_dim"),
    *("adapter_kernel_size", "adapter_stride", "num_adapter_layers", "output_hidden_size", "num_feat_extract_layers"),
)
NORMS = ("group", "layer")


@dataclass(frozen=True)
class Wav2Vec2Config:
    """The encoder, and letters of the head."""

    vocab_size: int = 32
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-5
    feat_extract_norm: str = "group"
    feat_extract_activation: str = "gelu"
    conv_dim: tuple[int, ...] = (512, 512, 512, 512, 512, 512, 512)
    conv_stride: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    conv_kernel: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    conv_bias: bool = False
    num_conv_pos_embeddings: int = 128
    num_conv_pos_embedding_groups: int = 16
    do_stable_layer_norm: bool = False

    def __post_init__(self) -> None:
        check_tower(
            "wav2vec 2.0",
            width=self.hidden_size,
            heads=self.num_attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )
        if self.hidden_size % self.num_conv_pos_embedding_groups:
            raise ConfigError(
                f"wav2vec 2.0 has hidden_size {self.hidden_size} and num_conv_pos_embedding_groups "
                f"{self.num_conv_pos_embedding_groups}; expected a multiple. Change one of them."
            )
        if self.feat_extract_norm not in NORMS:
            raise ConfigError(
                f"wav2vec 2.0 has feat_extract_norm '{self.feat_extract_norm}'; expected one of {', '.join(NORMS)}. "
                "Change it."
            )
        lengths = {len(self.conv_dim), len(self.conv_stride), len(self.conv_kernel)}
        if len(lengths) > 1 or not self.conv_dim:
            raise ConfigError(
                f"wav2vec 2.0 has {len(self.conv_dim)} conv_dim, {len(self.conv_stride)} conv_stride and "
                f"{len(self.conv_kernel)} conv_kernel; expected as many of each, at least one. Change them."
            )


def read_config(data: Mapping[str, object], where: str = "config.json") -> Wav2Vec2Config:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know (adapters are not supported), or sizes
    that contradict each other.
    """
    check_type(data, "wav2vec2", where=where, give="the folder of a wav2vec 2.0 model")
    if data.get("add_adapter") or data.get("adapter_attn_dim"):
        raise CheckpointError(
            f"{where}: has adapters (add_adapter, adapter_attn_dim), which are not supported. Take one without."
        )
    return read_section(Wav2Vec2Config, data, idle=_IDLE, where=where)
