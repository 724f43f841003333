"""What a composed model is made of, as a YAML says it; combinations that make no sense are refused with the reason.

    encoders:
      image: {kind: siglip, checkpoint: google/siglip-base-patch16-224}
      audio: {kind: mel, sizes: {width: 192, layers: 4}, merging: 0.25}
    connectors:
      image: {kind: shuffle, factors: [2, 2]}
      audio: {kind: pool, factors: [4]}
    merging: {image: 0.5}
    around: {image: {before: [<picture>], after: [</picture>]}}
    fusion: {kind: middle, after: [3, 7, 11]}
    language: {checkpoint: HuggingFaceTB/SmolLM2-135M-Instruct}

In a folder that was saved, no checkpoint is named any more: all sizes are written out.

Not here: what is frozen, modality dropout, anything else of training (its recipe).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sensorium.core.config import Dataclass, from_dict
from sensorium.core.errors import ConfigError
from sensorium.fusion.config import ConnectorConfig, refuse_foreign
from sensorium.inputs.carrier import RowModality
from sensorium.inputs.spec import InputSpec
from sensorium.language.config import AttentionConfig, DecoderConfig, RotaryConfig
from sensorium.models.composed.encoders import AXES, ENCODERS, KINDS, EncoderKind
from sensorium.models.nano.config import LanguageConfig
from sensorium.models.text.config import read_config as read_text_config


@dataclass(frozen=True)
class EncoderConfig:
    """An encoder.

    checkpoint: folder or id of the Hub that it comes from.
    sizes: of one that begins with random weights: those of native, mel and tubelet, or keys of the config.json of the
        others' checkpoints.
    settings: keys of the preprocessor_config.json of an encoder with sizes; those of its kind, where none are given.
    layer: whose rows are taken, without the norm that follows the last one: -2 for all blocks but the last, as LLaVA
        has it; None for the rows that the encoder gives by itself.
    merging: share of the rows that token merging between its blocks spares the last of them; it gives as many as ever.
    """

    kind: EncoderKind
    checkpoint: str | None = None
    sizes: dict[str, object] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    layer: int | None = None
    merging: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.merging < 1.0:
            raise ConfigError(f"{self.kind}: merging is {self.merging}; expected 0 or a share below 1. Correct it.")
        own = ENCODERS[self.kind].read is None
        if own and (self.checkpoint is not None or self.settings):
            got = "settings" if self.checkpoint is None else f"the checkpoint '{self.checkpoint}'"
            raise ConfigError(
                f"{self.kind}: got {got}; expected sizes, since it begins with random weights and its media are "
                "prepared as inputs says. Remove it, or choose the kind of encoder that it belongs to."
            )
        if not own and (self.checkpoint is None) != bool(self.sizes):
            got = "a checkpoint and sizes" if self.sizes else "neither a checkpoint nor sizes"
            raise ConfigError(
                f"{self.kind}: got {got}; expected one of them. Give the checkpoint, which says its sizes."
            )
        if self.checkpoint is not None and self.settings:
            raise ConfigError(
                f"{self.kind}: got settings for the checkpoint '{self.checkpoint}', which has its own; expected none. "
                "Remove them."
            )
        self.built_sizes()

    def built_sizes(self) -> Dataclass:
        """Its sizes, as what builds it takes them; defaults where a checkpoint has not been read."""
        sizes: Dataclass = from_dict(ENCODERS[self.kind].sizes, self.sizes, where=f"{self.kind}: sizes")
        return sizes


@dataclass(frozen=True)
class ModelConfig:
    """The language model.

    checkpoint: folder or id of the Hub that it comes from.
    sizes: of one that begins with random weights: those of `nano`'s decoder, or, with a `model_type`, keys of the
        config.json of another family.
    """

    checkpoint: str | None = None
    sizes: dict[str, object] | None = None

    def __post_init__(self) -> None:
        if (self.checkpoint is None) == (self.sizes is None):
            got = "neither a checkpoint nor sizes" if self.sizes is None else "a checkpoint and sizes"
            raise ConfigError(f"language: got {got}; expected one of them. Give one.")
        if self.sizes is not None:
            self.decoder()

    def decoder(self) -> DecoderConfig:
        """Its decoder. Raises: ConfigError for one whose checkpoint has not been read, or sizes that are none."""
        if self.sizes is None:
            raise ConfigError(
                f"language: is the checkpoint '{self.checkpoint}', which has not been read; expected sizes. Write the "
                "model's folder first (sensorium compose)."
            )
        if "model_type" in self.sizes:
            return read_text_config(self.sizes, where="language: sizes")
        own = from_dict(LanguageConfig, self.sizes, where="language: sizes")
        return DecoderConfig(
            vocabulary=own.vocabulary,
            width=own.width,
            layers=own.layers,
            hidden=own.hidden,
            attention=AttentionConfig(own.heads, own.kv_heads, own.width // max(1, own.heads), qk_norm=True),
            rotary=RotaryConfig(own.rotary_base),
        )


_TAKES: dict[str, tuple[str, ...]] = {
    "early": ("join",),
    "middle": ("after",),
    "late": ("weights", "learned"),
    "gated": (),
}
"""The choices that each kind of fusion has."""


@dataclass(frozen=True)
class FusionConfig:
    """How modalities meet.

    kind: `early`: rows among the tokens. `middle`: tanh-gated cross-attention between the decoder's blocks. `late`: one
        answer for each modality, joined. `gated`: rows become one by a gated multimodal unit, then as early.
    join: of early: rows take `tokens` of their own, item by item, or those of all modalities become one by
        concatenation (`concat`) or a weighted sum (`sum`).
    after: of middle: numbers of the decoder's blocks that cross-attention stands behind.
    weights: of late: of each modality; empty for equal ones. learned: they are trained.
    """

    kind: Literal["early", "middle", "late", "gated"] = "early"
    join: Literal["tokens", "concat", "sum"] = "tokens"
    after: tuple[int, ...] = ()
    weights: dict[RowModality, float] = field(default_factory=dict)
    learned: bool = False

    def __post_init__(self) -> None:
        refuse_foreign(self, self.kind, _TAKES, part="fusion")
        if self.kind == "middle" and (not self.after or list(self.after) != sorted({*self.after}) or self.after[0] < 0):
            raise ConfigError(
                f"fusion: after is {list(self.after)}; expected rising numbers of the decoder's blocks, the first of "
                "which is 0. Set it."
            )
        if any(weight <= 0 for weight in self.weights.values()):
            raise ConfigError(f"fusion: the weights are {self.weights}; expected positive numbers. Correct them.")

    @property
    def aligned(self) -> bool:
        """Whether rows of all modalities lie side by side and become one."""
        return self.kind == "gated" or self.join != "tokens"


@dataclass(frozen=True)
class Around:
    """Tokens, each by its spelling, that stand before and after the rows of a medium."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.tokens or not all(token.strip() for token in self.tokens):
            raise ConfigError(
                f"around: got the tokens {list(self.tokens)}; expected at least one, and none that is blank. Write "
                "before: [<picture>], for example."
            )

    @property
    def tokens(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.before, *self.after)


@dataclass(frozen=True)
class ComposedConfig:
    """A whole model.

    encoders: by modality.
    connectors: by modality; an `mlp` where none is given.
    merging: share of the rows behind the connector that token merging cuts, by modality.
    around: what stands around the rows of a medium, by modality, where the language model comes with its tokenizer;
        tokens that it does not have are added.
    inputs: how media are prepared for native, mel and tubelet, and how many tokens a talk may have. How many rows they
        make is the connector's matter: audio.frames_per_row says nothing here.
    """

    encoders: dict[RowModality, EncoderConfig]
    language: ModelConfig
    connectors: dict[RowModality, ConnectorConfig] = field(default_factory=dict)
    fusion: FusionConfig = field(default_factory=FusionConfig)
    merging: dict[RowModality, float] = field(default_factory=dict)
    around: dict[RowModality, Around] = field(default_factory=dict)
    inputs: InputSpec = field(default_factory=InputSpec)

    def __post_init__(self) -> None:
        if not self.encoders:
            raise ConfigError("encoders: got none; expected at least one. Without media, load the language model.")
        for name in ("connectors", "merging", "around"):
            self._check_names(name, getattr(self, name))
        if self.fusion.weights:
            self._check_names("fusion.weights", self.fusion.weights, all_of_them=True)
        for modality, encoder in self.encoders.items():
            self._check_encoder(modality, encoder)
        self._check_fusion()
        self._check_merging()

    def connector(self, modality: RowModality) -> ConnectorConfig:
        """That of a modality, given or not."""
        return self.connectors.get(modality, ConnectorConfig())

    @property
    def marks(self) -> tuple[str, ...]:
        """All tokens that stand around media."""
        return tuple(token for around in self.around.values() for token in around.tokens)

    def factors(self, modality: RowModality) -> tuple[int, ...]:
        """Cells along each axis of a modality's grid that its connector joins."""
        return self.connector(modality).factors or (1,) * AXES[modality]

    def _check_names(self, name: str, given: Mapping[RowModality, object], *, all_of_them: bool = False) -> None:
        if given.keys() - self.encoders.keys() or (all_of_them and given.keys() != self.encoders.keys()):
            raise ConfigError(
                f"{name}: got {', '.join(given)}, but the encoders are of {', '.join(self.encoders)}; expected the "
                "same modalities. Add the encoder or remove the other."
            )

    def _check_encoder(self, modality: RowModality, encoder: EncoderConfig) -> None:
        if encoder.kind not in KINDS[modality]:
            raise ConfigError(
                f"encoders: {modality} has the kind '{encoder.kind}'; expected {' or '.join(KINDS[modality])}. "
                "Choose one of these, or name the modality that the encoder is for."
            )
        connector = self.connector(modality)
        if connector.factors and len(connector.factors) != AXES[modality]:
            raise ConfigError(
                f"connectors: {modality} has factors {list(connector.factors)}; expected {AXES[modality]}, one for "
                f"each axis of its rows. Give {[2] * AXES[modality]}, for example."
            )

    def _check_fusion(self) -> None:
        fusion, names = self.fusion, ", ".join(self.encoders)
        if (fusion.kind == "late" or fusion.aligned) and len(self.encoders) == 1:
            raise ConfigError(
                f"fusion: {_named(fusion)} joins modalities, but there is one alone, {names}; expected at least two. "
                "Add an encoder, or choose early or middle."
            )
        connectors = [self.connector(modality) for modality in self.encoders]
        equal = all(each.asks and each.queries == connectors[0].queries for each in connectors)
        if fusion.aligned and not equal:
            raise ConfigError(
                f"fusion: {_named(fusion)} joins rows that lie side by side, but the connectors of {names} do not give "
                "the same number of rows whatever the media; expected resampler or qformer with equal queries for "
                "all. Change the connectors, or choose early with join: tokens."
            )
        layers = None if self.language.sizes is None else self.language.decoder().layers
        if layers is not None and any(number >= layers for number in fusion.after):
            raise ConfigError(
                f"fusion: after is {list(fusion.after)}, but the decoder has {layers} blocks; expected numbers from 0 "
                f"to {layers - 1}. Correct after, or the language model's layers."
            )

    def _check_merging(self) -> None:
        for modality, cut in self.merging.items():
            if not 0.0 < cut < 1.0:
                raise ConfigError(f"merging: {modality} is {cut}; expected a share between 0 and 1. Correct it.")
            connector = self.connector(modality)
            if connector.asks:
                raise ConfigError(
                    f"merging: {modality} has a {connector.kind}, which gives as few rows as it has queries; "
                    "expected another connector. Remove merging, and give fewer queries."
                )


def _named(fusion: FusionConfig) -> str:
    return fusion.kind if fusion.kind != "early" else f"early with join: {fusion.join}"
