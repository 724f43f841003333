"""Sizes of CLIP, read from the reference's config.json: the whole model, and the towers alone.

Fields have the names of the keys, and the reference's defaults for keys that are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.errors import CheckpointError
from sensorium.models.reading import check_tower, read_section

MODEL_TYPES = ("clip", "clip_vision_model", "clip_text_model")

_VISION_IDLE = ("vocab_size",)  # LLaVA writes it there
_WHOLE_IDLE = ("text_config", "vision_config", "text_config_dict", "vision_config_dict")


@dataclass(frozen=True)
class ClipVisionConfig:
    """The picture tower."""

    hidden_size: int = 768
    intermediate_size: int = 3072
    projection_dim: int = 512
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    num_channels: int = 3
    image_size: int = 224
    patch_size: int = 32
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        check_tower(
            "CLIP's vision tower",
            width=self.hidden_size,
            heads=self.num_attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )


@dataclass(frozen=True)
class ClipTextConfig:
    """The text tower. `eos_token_id` 2 is what old checkpoints say, and means the highest id of a text."""

    vocab_size: int = 49408
    hidden_size: int = 512
    intermediate_size: int = 2048
    projection_dim: int = 512
    num_hidden_layers: int = 12
    num_attention_heads: int = 8
    max_position_embeddings: int = 77
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5
    eos_token_id: int = 49407

    def __post_init__(self) -> None:
        check_tower(
            "CLIP's text tower",
            width=self.hidden_size,
            heads=self.num_attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )


@dataclass(frozen=True)
class ClipConfig:
    """Both towers, or one of them. `projection_dim` None: what the towers give is not projected (one tower alone)."""

    vision: ClipVisionConfig | None
    text: ClipTextConfig | None
    projection_dim: int | None = 512

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        tower = self.vision or self.text
        return self.projection_dim or (tower.hidden_size if tower else 0)


@dataclass(frozen=True)
class _Whole:
    """What the top level of a whole model's config.json holds beside its sections."""

    projection_dim: int = 512


def read_config(data: Mapping[str, object], where: str = "config.json") -> ClipConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    model_type = data.get("model_type")
    if model_type == "clip":
        whole = read_section(_Whole, data, idle=_WHOLE_IDLE, where=where)
        return ClipConfig(
            vision_config(_section(data, "vision_config"), where=f"{where}: vision_config"),
            text_config(_section(data, "text_config"), where=f"{where}: text_config"),
            whole.projection_dim,
        )
    if model_type == "clip_vision_model":
        vision = vision_config(data, where=where)
        return ClipConfig(vision, None, vision.projection_dim if _projected(data) else None)
    if model_type == "clip_text_model":
        text = text_config(data, where=where)
        return ClipConfig(None, text, text.projection_dim if _projected(data) else None)
    raise CheckpointError(
        f"{where}: model_type is {model_type!r}; expected one of {', '.join(MODEL_TYPES)}. Give the folder of a CLIP "
        "model."
    )


def vision_config(data: object, *, where: str) -> ClipVisionConfig:
    """The vision section of a config.json, of other families too. Raises: CheckpointError as `read_config`."""
    return read_section(ClipVisionConfig, data, idle=_VISION_IDLE, where=where)


def text_config(data: object, *, where: str) -> ClipTextConfig:
    """The text section of a config.json. Raises: CheckpointError as `read_config`."""
    return read_section(ClipTextConfig, data, where=where)


def _section(data: Mapping[str, object], name: str) -> object:
    """A section; the oldest checkpoints have it twice, and the reference then takes "…_dict" alone."""
    older = data.get(f"{name}_dict")
    return data.get(name) if older is None else older


def _projected(data: Mapping[str, object]) -> bool:
    """Whether a tower alone brings its projection: the reference has two classes of one model type."""
    names = data.get("architectures")
    return isinstance(names, list) and any(str(name).endswith("WithProjection") for name in names)
