"""Sizes of TimeSformer, read from the reference's config.json.

Fields have the names of the keys, and the reference's defaults for keys that are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.errors import ConfigError
from sensorium.models.reading import check_tower, check_type, read_section

_IDLE = ("hidden_dropout_prob", "attention_probs_dropout_prob", "drop_path_rate")

DIVIDED = "divided_space_time"


@dataclass(frozen=True)
class TimesformerConfig:
    """The encoder. Frames are square; of the paper's kinds of attention it has the divided one."""

    image_size: int = 224
    patch_size: int = 16
    num_channels: int = 3
    num_frames: int = 8
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-6
    qkv_bias: bool = True
    attention_type: str = DIVIDED

    def __post_init__(self) -> None:
        check_tower(
            "TimeSformer",
            width=self.hidden_size,
            heads=self.num_attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )
        if self.attention_type != DIVIDED:
            raise ConfigError(
                f"TimeSformer has attention_type {self.attention_type!r}; expected {DIVIDED}, as all published "
                "checkpoints have it. Choose one of these."
            )
        if not 1 <= self.patch_size <= self.image_size or self.num_frames < 1:
            raise ConfigError(
                f"TimeSformer has {self.num_frames} frames of image_size {self.image_size} and patch_size "
                f"{self.patch_size}; expected at least one frame, and patches no larger than it. Change one of them."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height and width of a clip."""
        return self.num_frames, self.image_size, self.image_size


def read_config(data: Mapping[str, object], where: str = "config.json") -> TimesformerConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, "timesformer", where=where, give="the folder of a TimeSformer model")
    return read_section(TimesformerConfig, data, idle=_IDLE, where=where)
