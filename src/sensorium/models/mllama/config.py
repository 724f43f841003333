"""Sizes of Llama 3.2 Vision, read from the reference's config.json (model type mllama)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.language.config import DecoderConfig
from sensorium.models.reading import check_tower, check_type, of_checkpoint, read_section, table
from sensorium.models.text.config import read_config as read_text_config
from sensorium.models.text.config import read_context

MODEL_TYPE = "mllama"

MORE_READ = 8
"""Ids behind the vocabulary that are read and never said; the first of them is the picture's."""

Grid = tuple[int, int]
"""Rows and columns of tiles."""


def grids_of(most: int) -> tuple[Grid, ...]:
    """All grids of at most so many tiles, in the order of their numbers, which begin at 1. Raises: ConfigError."""
    check_sizes("Mllama", tiles=most)
    sides = range(1, most + 1)
    return tuple((rows, columns) for rows in sides for columns in sides if rows * columns <= most)


@dataclass(frozen=True)
class MllamaVisionConfig:
    """The vision tower. Fields have the names of the keys, and the reference's defaults for keys that are left out."""

    hidden_size: int = 1280
    hidden_act: str = "gelu"
    num_hidden_layers: int = 32
    num_global_layers: int = 8
    attention_heads: int = 16
    num_channels: int = 3
    intermediate_size: int = 5120
    vision_output_dim: int = 7680
    image_size: int = 448
    patch_size: int = 14
    norm_eps: float = 1e-5
    max_num_tiles: int = 4
    intermediate_layers_indices: tuple[int, ...] = (3, 7, 15, 23, 30)
    supported_aspect_ratios: tuple[Grid, ...] = ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (3, 1), (4, 1))

    def __post_init__(self) -> None:
        check_tower(
            "Mllama's vision tower",
            width=self.hidden_size,
            heads=self.attention_heads,
            layers=self.num_hidden_layers,
            hidden=self.intermediate_size,
        )
        check_sizes("Mllama's vision tower", layers=self.num_global_layers)
        if self.num_channels != 3:
            raise ConfigError(f"num_channels is {self.num_channels}; expected 3, colours. Correct the model's config.")
        taken = self.intermediate_layers_indices
        if any(not 0 <= layer < self.num_hidden_layers for layer in taken):
            raise ConfigError(
                f"intermediate_layers_indices is {list(taken)}; expected layers from 0 to "
                f"{self.num_hidden_layers - 1}. Correct the model's config."
            )
        given = self.hidden_size * (1 + len(taken))
        if self.vision_output_dim != given:
            raise ConfigError(
                f"vision_output_dim is {self.vision_output_dim}; expected {given}: hidden_size for the last rows and "
                "for each of intermediate_layers_indices. Correct the model's config."
            )
        if self.supported_aspect_ratios != self.grids:
            raise ConfigError(
                f"supported_aspect_ratios is {list(map(list, self.supported_aspect_ratios))}; expected all grids of "
                f"max_num_tiles {self.max_num_tiles}, {list(map(list, self.grids))}. Correct the model's config."
            )

    @property
    def grids(self) -> tuple[Grid, ...]:
        """Grids of tiles that pictures may have; the first has number 1."""
        return grids_of(self.max_num_tiles)

    @property
    def rows_per_tile(self) -> int:
        """Rows that a tile gives: one for each patch, and that of the class token."""
        return (self.image_size // self.patch_size) ** 2 + 1


@dataclass(frozen=True)
class MllamaConfig:
    """A model.

    language: the layers in which text sees text; its vocabulary has the `MORE_READ` ids too.
    cross: numbers, among all layers, of those in which text looks at pictures.
    image_token: the id that stands for a picture.
    context: tokens that a talk may have.
    """

    vision: MllamaVisionConfig
    language: DecoderConfig
    cross: tuple[int, ...] = (3, 8, 13, 18, 23, 28, 33, 38)
    image_token: int = 128_256
    context: int = 131_072

    def __post_init__(self) -> None:
        before = {-1, *self.cross}
        if any(layer - 1 in before or not 0 <= layer < self.layers for layer in self.cross):
            raise ConfigError(
                f"cross_attention_layers is {list(self.cross)}; expected some of the {self.layers} layers, each behind "
                "one in which text sees text. Correct the model's config."
            )

    @property
    def layers(self) -> int:
        """Of both kinds."""
        return self.language.layers + len(self.cross)

    @property
    def text_layers(self) -> tuple[int, ...]:
        """Numbers, among all layers, of those in which text sees text."""
        return tuple(layer for layer in range(self.layers) if layer not in self.cross)

    @property
    def said(self) -> int:
        """How many ids an answer may have."""
        return self.language.vocabulary - MORE_READ


@dataclass(frozen=True)
class _Root:
    """Keys beside the sections."""

    image_token_index: int = 128_256
    image_token_id: int | None = None


@dataclass(frozen=True)
class _Cross:
    """Keys of the text_config that a plain Llama does not have."""

    cross_attention_layers: tuple[int, ...] | None = None
    dropout: float = 0.0


_TEXT: dict[str, object] = {
    "vocab_size": 128_256,
    "hidden_size": 4096,
    "intermediate_size": 14_336,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-5,
    "max_position_embeddings": 131_072,
    "rope_theta": 500_000.0,
}
"""Defaults of the reference's configuration class, where they are not those of a plain Llama."""

_SECTIONS = ("text_config", "vision_config")


def read_config(data: Mapping[str, object], where: str = "config.json") -> MllamaConfig:
    """Sizes of a checkpoint; `where` begins every message.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, MODEL_TYPE, where=where, give="the folder of a Llama 3.2 Vision model")
    root = read_section(_Root, data, idle=_SECTIONS, where=where)
    text, vision = (_said(data.get(key), f"{where}: {key}") for key in _SECTIONS)
    own = {key: text.pop(key) for key in ("cross_attention_layers", "dropout") if key in text}
    cross = read_section(_Cross, own, where=f"{where}: text_config").cross_attention_layers
    with of_checkpoint(where):
        return _joined(
            root,
            read_section(MllamaVisionConfig, vision, where=f"{where}: vision_config"),
            {**_TEXT, **text, "model_type": "llama", "tie_word_embeddings": False},
            tuple(sorted(set(MllamaConfig.cross if cross is None else cross))),
        )


def _said(section: object, where: str) -> dict[str, object]:
    """What a section says; nulls leave the default."""
    return {name: value for name, value in table(section, where=where).items() if value is not None}


def _joined(
    root: _Root, vision: MllamaVisionConfig, text: Mapping[str, object], cross: tuple[int, ...]
) -> MllamaConfig:
    """The whole, of its text_config the keys of a Llama. Raises: ConfigError."""
    plain = read_text_config(text, where="text_config")
    if plain.attention.head_width * plain.attention.heads != plain.width:
        raise ConfigError(
            f"text_config: {plain.attention.heads} heads of width {plain.attention.head_width}; expected hidden_size "
            f"{plain.width} together. Correct the model's config."
        )
    language = replace(plain, vocabulary=plain.vocabulary + MORE_READ, layers=plain.layers - len(cross))
    return MllamaConfig(
        vision=vision,
        language=language,
        cross=cross,
        image_token=root.image_token_index if root.image_token_id is None else root.image_token_id,
        context=read_context(text),
    )
