"""Sizes of VideoMAE, read from the reference's config.json.

Fields have the names of the keys, and the reference's defaults for keys that are left out. What belongs to the decoder
of its training is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.errors import ConfigError
from sensorium.models.reading import check_tower, check_type, read_section

_IDLE = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "norm_pix_loss"),
    *("decoder_num_attention_heads", "decoder_hidden_size", "decoder_num_hidden_layers", "decoder_intermediate_size"),
)

Pair = int | tuple[int, int]
"""Height and width, or one number for both."""


@dataclass(frozen=True)
class VideoMaeConfig:
    """The encoder. `use_mean_pooling`: classes are told by the normed mean of all rows, otherwise by the first row."""

    image_size: Pair = 224
    patch_size: Pair = 16
    num_channels: int = 3
    num_frames: int = 16
    tubelet_size: int = 2
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-12
    qv_bias: bool = True
    use_mean_pooling: bool = True

    def __post_init__(self) -> None:
        check_tower(
            "VideoMAE",
            width=self.hidden_size,
            heads=self.num_attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )
        if any(not 1 <= part <= whole for whole, part in zip(self.shape, self.tubelet, strict=True)):
            raise ConfigError(
                f"VideoMAE has clips of {self.shape} (frames, height, width) and tubelets of {self.tubelet}; expected "
                "clips that are no smaller. Change one of them."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height and width of a clip."""
        return (self.num_frames, *_both(self.image_size))

    @property
    def tubelet(self) -> tuple[int, int, int]:
        """Frames, height and width of what becomes one row."""
        return (self.tubelet_size, *_both(self.patch_size))


def read_config(data: Mapping[str, object], where: str = "config.json") -> VideoMaeConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, "videomae", where=where, give="the folder of a VideoMAE model")
    kept = {key: value for key, value in data.items() if key != "qkv_bias"}
    if "qkv_bias" in data:  # another name of the same switch, and the stronger one
        kept["qv_bias"] = data["qkv_bias"]
    return read_section(VideoMaeConfig, kept, idle=_IDLE, where=where)


def _both(pair: Pair) -> tuple[int, int]:
    return (pair, pair) if isinstance(pair, int) else pair
