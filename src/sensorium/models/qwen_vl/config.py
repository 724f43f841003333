"""Sizes of Qwen2-VL, Qwen2.5-VL and Qwen3-VL, read from the reference's config.json.

Older files have the language model's keys at the root, newer ones in a `text_config`; both are read. A key that is
neither known nor known not to matter is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.language.config import DecoderConfig
from sensorium.models.reading import check_tower, check_type, read_section
from sensorium.models.text.config import read_config as read_text_config
from sensorium.models.text.config import read_context

MODEL_TYPES = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")


@dataclass(frozen=True)
class TowerConfig:
    """The vision transformer.

    width, layers, heads, hidden: of the blocks. out: D of the language model.
    patch, tubelet, fold: pixels and frames of a patch, patches along each side of a square that makes a row.
    norm, gated, patch_bias: kind of the norms, a gated feed-forward, a bias of the patch embedding.
    base: of the rotary places. side: of the grid of learned places; None without.
    window: squares along a side; None where all see all. whole: layers that see all in spite of windows.
    deep: layers whose rows go to the first layers of the language model, too.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    out: int
    patch: int
    activation: str
    tubelet: int = 2
    fold: int = 2
    norm: Literal["layer", "rms"] = "layer"
    gated: bool = False
    patch_bias: bool = False
    base: float = 10_000.0
    side: int | None = None
    window: int | None = None
    whole: tuple[int, ...] = ()
    deep: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_tower(
            "Qwen-VL's vision_config",
            width=self.width,
            heads=self.heads,
            layers=self.layers,
            hidden=self.hidden,
        )
        if (self.width // self.heads) % 4:
            raise ConfigError(
                f"Qwen-VL's vision_config has heads of width {self.width // self.heads}; expected a multiple of 4: "
                "pairs of numbers turn, half of them by rows and half by columns. Correct the model's config."
            )
        if min(self.layers, self.hidden, self.out, self.patch, self.tubelet, self.fold) < 1 or self.window == 0:
            raise ConfigError(f"Qwen-VL's vision_config has a size below 1: {self}. Correct the model's config.")
        if any(not 0 <= index < self.layers for index in self.deep):
            raise ConfigError(
                f"Qwen-VL's vision_config takes rows after layers {list(self.deep)} of {self.layers}; expected layers "
                "that there are. Correct the model's config."
            )


@dataclass(frozen=True)
class QwenVLConfig:
    """A model.

    sections, interleaved: how rotary pairs are shared out among time, rows and columns (rotary.py).
    image_token, video_token: ids that stand for one row of either.
    ticks: steps of the time axis per second of a film; None: one for each pair of frames.
    stamped: the pairs of frames of a film stand apart, each behind its time in words.
    long_names: the checkpoint's names begin with "model.language_model." and "model.visual.".
    context: tokens that the language model was made for.
    """

    vision: TowerConfig
    language: DecoderConfig
    sections: tuple[int, int, int]
    interleaved: bool = False
    image_token: int = 151_655
    video_token: int = 151_656
    ticks: float | None = None
    stamped: bool = False
    long_names: bool = False
    context: int = 32_768

    def __post_init__(self) -> None:
        if self.vision.out != self.language.width:
            raise ConfigError(
                f"Qwen-VL: the vision tower gives rows of width {self.vision.out}, the language model takes "
                f"{self.language.width}; expected the same. Correct the model's config."
            )
        if len(self.vision.deep) > self.language.layers:
            raise ConfigError(
                f"Qwen-VL: rows for {len(self.vision.deep)} layers of a language model of {self.language.layers}; "
                "expected no more than it has. Correct the model's config."
            )


@dataclass(frozen=True)
class _Root:
    """Keys beside the sections."""

    image_token_id: int = 151_655
    video_token_id: int = 151_656
    tie_word_embeddings: bool = False


@dataclass(frozen=True)
class _Vision:
    """Keys of a vision_config, each generation's own ones None elsewhere."""

    depth: int
    num_heads: int
    hidden_size: int
    hidden_act: str
    patch_size: int
    in_channels: int = 3
    spatial_merge_size: int = 2
    temporal_patch_size: int = 2
    rope_parameters: dict[str, object] = field(default_factory=dict)
    embed_dim: int = 0
    mlp_ratio: float = 0.0
    intermediate_size: int = 0
    out_hidden_size: int = 0
    tokens_per_second: float | None = None
    window_size: int | None = None
    fullatt_block_indexes: tuple[int, ...] = ()
    num_position_embeddings: int | None = None
    deepstack_visual_indexes: tuple[int, ...] = ()


_SHARED: dict[str, object] = {
    "depth": 32,
    "num_heads": 16,
    "hidden_size": 3584,
    "patch_size": 14,
    "in_channels": 3,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "rope_parameters": {},
}
_VISION: dict[str, dict[str, object]] = {
    "qwen2_vl": {**_SHARED, "hidden_act": "quick_gelu", "embed_dim": 1280, "mlp_ratio": 4},
    "qwen2_5_vl": {
        **_SHARED,
        "hidden_act": "silu",
        "intermediate_size": 3420,
        "out_hidden_size": 3584,
        "tokens_per_second": 4,
        "window_size": 112,
        "fullatt_block_indexes": (7, 15, 23, 31),
    },
    "qwen3_vl": {
        **_SHARED,
        "depth": 27,
        "hidden_size": 1152,
        "hidden_act": "gelu_pytorch_tanh",
        "patch_size": 16,
        "intermediate_size": 4304,
        "out_hidden_size": 3584,
        "num_position_embeddings": 2304,
        "deepstack_visual_indexes": (8, 16, 24),
    },
}
"""The keys of each generation, with the defaults of the reference's configuration classes."""

_VISION_IDLE = ("in_chans", "spatial_patch_size")
_ROOT_IDLE = ("vision_start_token_id", "vision_end_token_id", "vision_token_id", "vision_config", "text_config")
_TEXT: dict[str, dict[str, object]] = {
    "qwen2": {
        "vocab_size": 152_064,
        "hidden_size": 8192,
        "intermediate_size": 29_568,
        "num_hidden_layers": 80,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "max_position_embeddings": 32_768,
        "rms_norm_eps": 1e-5,
        "max_window_layers": 80,
        "rope_theta": 1_000_000.0,
    },
    "qwen3": {
        "vocab_size": 151_936,
        "hidden_size": 4096,
        "intermediate_size": 22_016,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "head_dim": 128,
        "max_position_embeddings": 128_000,
        "rope_theta": 500_000.0,
    },
}
"""Defaults of the reference's configuration classes, where they are not those of the language model alone."""


def read_config(data: Mapping[str, object], *, where: str = "config.json") -> QwenVLConfig:
    """Sizes from a config.json; `where` begins every message.

    Raises: CheckpointError for another model type, an unknown key, or sizes that do not fit together.
    """
    kind = check_type(data, *MODEL_TYPES, where=where, give="the folder of a Qwen-VL model")
    try:
        return _read(data, str(kind), where)
    except ConfigError as error:  # in a call the user's mistake, here the folder's fault
        raise CheckpointError(f"{where}: {error}" if where not in str(error) else str(error)) from error


def _read(data: Mapping[str, object], kind: str, where: str) -> QwenVLConfig:
    nested = data.get("text_config")
    own = {each.name for each in fields(_Root)}.union(_ROOT_IDLE)
    if isinstance(nested, Mapping):
        root = read_section(_Root, data, idle=_ROOT_IDLE, where=where)
        text = dict(nested)
    else:
        beside = {key: each for key, each in data.items() if key in own}
        root = read_section(_Root, beside, idle=_ROOT_IDLE, where=where)
        text = {key: each for key, each in data.items() if key not in own}
    text["tie_word_embeddings"] = root.tie_word_embeddings or text.get("tie_word_embeddings") is True
    base = "qwen3" if kind == "qwen3_vl" else "qwen2"
    language, sections = _language(text, base, where)
    ticks, vision = _tower(data.get("vision_config"), kind, f"{where}: vision_config")
    return QwenVLConfig(
        vision=vision,
        language=language,
        sections=sections,
        interleaved=kind == "qwen3_vl",
        image_token=root.image_token_id,
        video_token=root.video_token_id,
        ticks=ticks,
        stamped=kind == "qwen3_vl",
        long_names=kind == "qwen3_vl",
        context=read_context({**_TEXT[base], **text, "model_type": base}),
    )


def _language(text: dict[str, object], base: str, where: str) -> tuple[DecoderConfig, tuple[int, int, int]]:
    """The decoder, and the sections of its rotary positions."""
    given = text.pop("rope_scaling", None) or text.pop("rope_parameters", None) or {}
    text.pop("rope_parameters", None)
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where}: rope_parameters is {given!r}; expected a table. Fetch the model again.")
    rope = {key: each for key, each in given.items() if key not in ("mrope_section", "mrope_interleaved")}
    for key in ("type", "rope_type"):
        if rope.get(key) == "mrope":
            rope[key] = "default"
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default":
        raise ConfigError(
            f"{where}: rotary positions are of type {kind!r}; expected default or mrope. Take the config of the "
            "checkpoint as it was published."
        )
    config = read_text_config({**_TEXT[base], **text, "model_type": base, "rope_parameters": rope}, where=where)
    sections = given.get("mrope_section", (24, 20, 20) if base == "qwen3" else (16, 24, 24))
    match sections:
        case [int(time), int(rows), int(columns)] | (int(time), int(rows), int(columns)):
            return config, (time, rows, columns)
    raise ConfigError(f"{where}: mrope_section is {sections!r}; expected three numbers. Fetch the model again.")


def _tower(data: object, kind: str, where: str) -> tuple[float | None, TowerConfig]:
    """Steps of the time axis per second, and the vision tower."""
    known = _VISION[kind]
    given = dict(data) if isinstance(data, Mapping) else {}
    foreign = {each.name for each in fields(_Vision)} - known.keys()
    if strange := sorted(foreign & {key for key, each in given.items() if each is not None}):
        raise ConfigError(f"{where}: has {strange[0]}, which a {kind} model has not. Fetch the model again.")
    vision = read_section(_Vision, {**known, **given}, idle=_VISION_IDLE, where=where)
    if vision.in_channels != 3:
        raise ConfigError(f"{where}: in_channels is {vision.in_channels}; expected 3, colours. Fetch the model again.")
    square = vision.patch_size * vision.spatial_merge_size
    return vision.tokens_per_second, TowerConfig(
        width=vision.embed_dim or vision.hidden_size,
        layers=vision.depth,
        heads=vision.num_heads,
        hidden=vision.intermediate_size or int(vision.embed_dim * vision.mlp_ratio),
        out=vision.out_hidden_size or vision.hidden_size,
        patch=vision.patch_size,
        activation=vision.hidden_act,
        tubelet=vision.temporal_patch_size,
        fold=vision.spatial_merge_size,
        norm="rms" if kind == "qwen2_5_vl" else "layer",
        gated=kind == "qwen2_5_vl",
        patch_bias=kind == "qwen3_vl",
        base=_base(vision.rope_parameters, where),
        side=_side(vision.num_position_embeddings, where),
        window=None if vision.window_size is None else vision.window_size // square,
        whole=vision.fullatt_block_indexes,
        deep=vision.deepstack_visual_indexes,
    )


def _base(rope: Mapping[str, object], where: str) -> float:
    base = rope.get("rope_theta", 10_000.0)
    if isinstance(base, int | float) and base > 0 and rope.get("rope_type", "axial") in ("axial", "default"):
        return float(base)
    raise ConfigError(f"{where}: rope_parameters is {rope!r}; expected rope_type axial. Fetch the model again.")


def _side(places: int | None, where: str) -> int | None:
    """Cells along each side of the grid of learned places."""
    side = None if places is None else int(places**0.5)
    if side is not None and side * side != places:
        raise ConfigError(
            f"{where}: num_position_embeddings is {places}; expected a square number. Fetch the model again."
        )
    return side
