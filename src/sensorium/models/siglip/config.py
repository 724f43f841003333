"""Sizes of SigLIP, read from the reference's config.json: the whole model, and the towers alone.

SigLIP 2 of fixed picture sizes has the same form and the same model type. NaFlex, its form for pictures of any shape
(model type "siglip2"), is another network and is refused by name.

Fields have the names of the keys, and the reference's defaults for keys that are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.models.reading import check_tower, of_checkpoint, read_section

MODEL_TYPES = ("siglip", "siglip_vision_model", "siglip_text_model")

_VISION_IDLE = ("vocab_size", "projection_dim", "projector_hidden_act", "num_image_tokens", "num_positions")
"""What vision-language models that have this tower write into its section for their own use."""
_WHOLE_IDLE = ("text_config", "vision_config")


@dataclass(frozen=True)
class SiglipVisionConfig:
    """The picture tower. `vision_use_head` False: it gives rows alone, no embedding."""

    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    num_channels: int = 3
    image_size: int = 224
    patch_size: int = 16
    hidden_act: str = "gelu_pytorch_tanh"
    layer_norm_eps: float = 1e-6
    vision_use_head: bool = True

    def __post_init__(self) -> None:
        check_tower(
            "SigLIP's vision tower",
            width=self.hidden_size,
            heads=self.num_attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )


@dataclass(frozen=True)
class SiglipTextConfig:
    """The text tower. `projection_size` None: as wide as the tower."""

    vocab_size: int = 32000
    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    max_position_embeddings: int = 64
    hidden_act: str = "gelu_pytorch_tanh"
    layer_norm_eps: float = 1e-6
    projection_size: int | None = None

    def __post_init__(self) -> None:
        check_tower(
            "SigLIP's text tower",
            width=self.hidden_size,
            heads=self.num_attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self.projection_size or self.hidden_size


@dataclass(frozen=True)
class SiglipConfig:
    """Both towers, or one of them."""

    vision: SiglipVisionConfig | None
    text: SiglipTextConfig | None

    def __post_init__(self) -> None:
        widths = {self.vision.hidden_size} if self.vision else set()
        widths |= {self.text.width} if self.text else set()
        if len(widths) != 1:
            raise ConfigError(
                f"SigLIP's pictures and texts get {sorted(widths)} numbers; expected as many for both. Set "
                "projection_size in text_config to the hidden_size of vision_config."
            )

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self.text.width if self.text else self.vision.hidden_size if self.vision else 0


@dataclass(frozen=True)
class _Whole:
    """The top level of a whole model's config.json holds nothing beside its sections."""


def read_config(data: Mapping[str, object], where: str = "config.json") -> SiglipConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    model_type = data.get("model_type")
    if model_type == "siglip":
        read_section(_Whole, data, idle=_WHOLE_IDLE, where=where)
        vision = vision_config(data.get("vision_config"), where=f"{where}: vision_config")
        text = text_config(data.get("text_config"), where=f"{where}: text_config")
        with of_checkpoint(where):
            return SiglipConfig(vision, text)
    if model_type == "siglip_vision_model":
        return SiglipConfig(vision_config(data, where=where), None)
    if model_type == "siglip_text_model":
        return SiglipConfig(None, text_config(data, where=where))
    naflex = " SigLIP 2 is read in its fixed sizes, such as google/siglip2-base-patch16-224, not as NaFlex."
    raise CheckpointError(
        f"{where}: model_type is {model_type!r}; expected one of {', '.join(MODEL_TYPES)}. Give the folder of a SigLIP "
        f"model.{naflex if str(model_type).startswith('siglip2') else ''}"
    )


def vision_config(data: object, *, where: str) -> SiglipVisionConfig:
    """The vision section of a config.json, of other families too. Raises: CheckpointError as `read_config`."""
    return read_section(SiglipVisionConfig, data, idle=_VISION_IDLE, where=where)


def text_config(data: object, *, where: str) -> SiglipTextConfig:
    """The text section of a config.json. Raises: CheckpointError as `read_config`."""
    return read_section(SiglipTextConfig, data, where=where)
