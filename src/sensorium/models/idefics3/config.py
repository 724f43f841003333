"""Sizes of Idefics3 and SmolVLM, read from the reference's config.json (model types idefics3 and smolvlm)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.core.errors import CheckpointError
from sensorium.language.config import DecoderConfig
from sensorium.models.reading import check_tower, check_type
from sensorium.models.text.config import read_config as read_text_config

MODEL_TYPES = ("idefics3", "smolvlm")


@dataclass(frozen=True)
class TowerConfig:
    """The vision tower; defaults are those of the reference's configuration class."""

    width: int = 1152
    hidden: int = 3072
    layers: int = 12
    heads: int = 16
    image_size: int = 224
    patch: int = 32
    activation: str = "gelu_pytorch_tanh"
    eps: float = 1e-6

    def __post_init__(self) -> None:
        check_tower(
            "Idefics3's vision tower",
            width=self.width,
            heads=self.heads,
            layers=self.layers,
            hidden=self.hidden,
        )

    @property
    def side(self) -> int:
        """Patches along each side of a tile of the full size."""
        return self.image_size // self.patch


@dataclass(frozen=True)
class Idefics3Config:
    """image_token: the id that stands for one row. fold: how many patches along each side make one row.

    context: tokens that a talk may have.
    """

    vision: TowerConfig
    language: DecoderConfig
    image_token: int = 128_257
    fold: int = 2
    context: int = 2048

    @property
    def rows_per_tile(self) -> int:
        """Rows that a tile of the full size gives."""
        return (self.vision.side // self.fold) ** 2


_TOWER_KEYS = {
    "hidden_size": "width",
    "intermediate_size": "hidden",
    "num_hidden_layers": "layers",
    "num_attention_heads": "heads",
    "image_size": "image_size",
    "patch_size": "patch",
    "hidden_act": "activation",
    "layer_norm_eps": "eps",
}


def read_config(data: Mapping[str, Any]) -> Idefics3Config:
    """Sizes from a config.json. Raises: CheckpointError for another model type or sizes that do not fit together."""
    check_type(data, *MODEL_TYPES, where="config.json", give="the folder of an Idefics3 or SmolVLM model")
    tower = data.get("vision_config") or {}
    vision = TowerConfig(**{ours: tower[theirs] for theirs, ours in _TOWER_KEYS.items() if theirs in tower})
    text = {"model_type": "llama", "rms_norm_eps": 1e-5, **(data.get("text_config") or {})}
    text["tie_word_embeddings"] = data.get("tie_word_embeddings", False)
    fold = int(data.get("scale_factor", 2))
    if vision.image_size % vision.patch or vision.side % fold:
        raise CheckpointError(
            f"config.json: tiles of {vision.image_size} pixels, patches of {vision.patch}, {fold} patches to a row; "
            "expected each to divide the one before. Fetch the model again."
        )
    return Idefics3Config(
        vision=vision,
        language=read_text_config(text),
        image_token=int(data.get("image_token_id", 128_257)),
        fold=fold,
        context=int(text.get("max_position_embeddings", 2048)),
    )
