"""Sizes of LLaVA-1.5 and LLaVA-NeXT, read from the reference's config.json (model types llava and llava_next).

The config.json of the original repository is read too (original.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.language.config import DecoderConfig
from sensorium.models.clip.config import ClipVisionConfig
from sensorium.models.clip.config import vision_config as clip_vision
from sensorium.models.llava.original import CLIP_LARGE, is_original, translated
from sensorium.models.reading import check_type, of_checkpoint, read_section, table
from sensorium.models.siglip.config import SiglipVisionConfig
from sensorium.models.siglip.config import vision_config as siglip_vision
from sensorium.models.text.config import read_config as read_text_config
from sensorium.models.text.config import read_context
from sensorium.models.text.keys import DEFAULTS

MODEL_TYPES = ("llava", "llava_next")

Pinpoints = tuple[tuple[int, int], ...]

PINPOINTS: Pinpoints = ((336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008))
"""Sizes (height, width) to which LLaVA-NeXT brings pictures where a file names none."""

_IDLE = (
    "text_config",
    "vision_config",
    "image_seq_length",
    "ignore_index",
    "use_image_newline_parameter",
    "vocab_size",
)


@dataclass(frozen=True)
class LlavaConfig:
    """Sizes and choices.

    layers: those of the tower whose rows are taken, side by side; counted from the end where negative.
    every_row: keep the first row of a view, which is that of CLIP's class token ("full"); otherwise it is dropped.
    activation, bias: of the projector.
    image_token: the id that stands for one row; None where only the tokenizer knows it (original repository).
    pinpoints: sizes that pictures are cut from; None for LLaVA-1.5, which sees them whole.
    square: pictures are padded to squares, whatever their own settings say (original repository).
    context: tokens that a talk may have.
    """

    vision: ClipVisionConfig | SiglipVisionConfig
    language: DecoderConfig
    layers: tuple[int, ...] = (-2,)
    every_row: bool = False
    activation: str = "gelu"
    bias: bool = True
    image_token: int | None = 32_000
    pinpoints: Pinpoints | None = None
    square: bool = False
    context: int = 2048

    def __post_init__(self) -> None:
        depth = self.vision.num_hidden_layers
        if not self.layers or any(not -depth - 1 <= layer <= depth for layer in self.layers):
            raise ConfigError(
                f"vision_feature_layer is {list(self.layers)}; expected layers from {-depth - 1} to {depth}. Correct "
                "the model's config."
            )
        if self.pinpoints is not None:
            self._check_grid(self.pinpoints)

    def _check_grid(self, pinpoints: Pinpoints) -> None:
        """Tiles must lie side by side: whole tiles, and of each the rows of a whole square."""
        tile = self.vision.image_size
        if not pinpoints or any(side < 1 or side % tile for size in pinpoints for side in size):
            raise ConfigError(
                f"image_grid_pinpoints is {[list(size) for size in pinpoints]}; expected sizes that tiles of {tile} "
                "pixels fill. Correct the model's config."
            )
        if self.rows_per_view != self.side**2:
            raise ConfigError(
                f"vision_feature_select_strategy leaves {self.rows_per_view} rows of a tile; expected "
                f"{self.side}x{self.side}. Set it to 'default' for CLIP and to 'full' for SigLIP."
            )

    @property
    def side(self) -> int:
        """Patches along each side of a view."""
        return self.vision.image_size // self.vision.patch_size

    @property
    def rows_per_view(self) -> int:
        """Rows that one view gives.

        The reference's processor_config.json says the same in other words (patch_size, num_additional_image_tokens,
        vision_feature_select_strategy); where it says otherwise, the reference refuses every picture.
        """
        return self.side**2 + isinstance(self.vision, ClipVisionConfig) - (not self.every_row)


@dataclass(frozen=True)
class _Whole:
    """The top level of a config.json, with the reference's defaults."""

    image_token_index: int | None = 32_000
    image_token_id: int | None = None
    projector_hidden_act: str = "gelu"
    vision_feature_select_strategy: Literal["default", "full"] = "default"
    vision_feature_layer: int | tuple[int, ...] = -2
    multimodal_projector_bias: bool = True
    tie_word_embeddings: bool = False
    image_grid_pinpoints: Pinpoints | None = None
    square: bool = False


def read_config(data: Mapping[str, object], where: str = "config.json") -> LlavaConfig:
    """Sizes of a checkpoint.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    if is_original(data):
        data = translated(data, where)
    kind = check_type(data, *MODEL_TYPES, where=where, give="the folder of a LLaVA-1.5 or LLaVA-NeXT model")
    whole = read_section(_Whole, data, idle=_IDLE, where=where)
    text = _text(data.get("text_config"), whole, kind, where)
    layers, token = whole.vision_feature_layer, whole.image_token_id
    with of_checkpoint(where):
        language = read_text_config(text, where="text_config")
        return LlavaConfig(
            vision=_vision(data.get("vision_config"), where=f"{where}: vision_config"),
            language=language,
            layers=(layers,) if isinstance(layers, int) else layers,
            every_row=whole.vision_feature_select_strategy == "full",
            activation=whole.projector_hidden_act,
            bias=whole.multimodal_projector_bias,
            image_token=whole.image_token_index if token is None else token,
            pinpoints=(whole.image_grid_pinpoints or PINPOINTS) if kind == "llava_next" else None,
            square=whole.square,
            context=read_context(text),
        )


def _text(data: object, whole: _Whole, kind: object, where: str) -> dict[str, object]:
    """The language model's section; whether its head is tied says, for llava alone, also that section itself."""
    text = {"model_type": "llama", **table(data, where=f"{where}: text_config")}
    own = text.get("tie_word_embeddings", DEFAULTS.get(str(text["model_type"]), {}).get("tie_word_embeddings"))
    text["tie_word_embeddings"] = whole.tie_word_embeddings or (kind == "llava" and own is True)
    return text


def _vision(data: object, *, where: str) -> ClipVisionConfig | SiglipVisionConfig:
    data = CLIP_LARGE if data is None else data
    kind = data.get("model_type", "clip_vision_model") if isinstance(data, Mapping) else "clip_vision_model"
    if kind == "clip_vision_model":
        return clip_vision(data, where=where)
    if kind == "siglip_vision_model":
        return siglip_vision(data, where=where)
    raise CheckpointError(
        f"{where}: model_type is {kind!r}; expected clip_vision_model or siglip_vision_model. Choose a LLaVA model "
        "with one of these towers."
    )
