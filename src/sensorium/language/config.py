"""Sizes and choices of a decoder, and the decoder that they describe.

One description for all families: `nano`, Llama, Mistral, Qwen 2 and 3, Gemma 1 to 3. `models/text/config.py` reads it
from the config.json of an open checkpoint.
"""

from dataclasses import dataclass, field
from typing import Literal

from torch import nn

from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.language.decoder import Decoder, Layer
from sensorium.language.embedding import ScaledEmbedding
from sensorium.nn.attention import Attention, Scoring
from sensorium.nn.block import Block
from sensorium.nn.linear import Linear
from sensorium.nn.mlp import GatedMlp
from sensorium.nn.norm import CentredRmsNorm, RmsNorm
from sensorium.nn.rotary import Rotary, Turns, frequencies, stretched


@dataclass(frozen=True)
class StretchConfig:
    """How Llama 3.1 slows rotary pairs for longer contexts; see `nn.rotary.stretched`."""

    factor: float
    slow: float
    fast: float
    context: int

    def __post_init__(self) -> None:
        if not (self.factor > 0 and 0 < self.slow < self.fast and self.context > 0):
            raise ConfigError(
                f"rotary: got factor {self.factor}, slow {self.slow}, fast {self.fast}, context {self.context}; "
                "expected positive numbers with slow below fast. Correct the model's config."
            )


@dataclass(frozen=True)
class RotaryConfig:
    """base: longest wavelength over 2 pi. factor: all positions are divided by it. stretch: as in Llama 3.1."""

    base: float = 10_000.0
    factor: float = 1.0
    stretch: StretchConfig | None = None

    def __post_init__(self) -> None:
        if self.base <= 0 or self.factor <= 0:
            raise ConfigError(
                f"rotary: got base {self.base} and factor {self.factor}; expected positive numbers. "
                "Correct the model's config."
            )


@dataclass(frozen=True)
class AttentionConfig:
    """Attention of every layer.

    heads: H. kv_heads: K. head_width: E.
    bias, out_bias: of the projections to queries, keys and values, and of the one back.
    qk_norm: queries and keys are normed.
    scale: of the scores; None for 1 / sqrt(E). cap: soft cap of the scores.
    """

    heads: int
    kv_heads: int
    head_width: int
    bias: bool = False
    out_bias: bool = False
    qk_norm: bool = False
    scale: float | None = None
    cap: float | None = None

    def __post_init__(self) -> None:
        if self.kv_heads < 1 or self.heads < 1 or self.heads % self.kv_heads:
            raise ConfigError(
                f"attention: {self.heads} heads cannot share {self.kv_heads} key/value heads; expected a multiple. "
                "Correct the model's config."
            )
        if self.head_width < 2 or self.head_width % 2:
            raise ConfigError(
                f"attention: the head width is {self.head_width}; expected an even number, since rotary positions turn "
                "pairs. Correct the model's config."
            )
        check_sizes("attention", heads=self.heads, head_width=self.head_width)
        _positive("attention: scale", self.scale)
        _positive("attention: cap", self.cap)


@dataclass(frozen=True)
class NormConfig:
    """kind: weight, or 1 + weight (Gemma). eps: added to the mean square. post: what a block adds is normed too."""

    kind: Literal["plain", "centred"] = "plain"
    eps: float = 1e-6
    post: bool = False


@dataclass(frozen=True)
class DecoderConfig:
    """A decoder.

    vocabulary: V. width: D. layers: how many. hidden: of the gated feed-forward, with `activation`.
    local_rotary: of layers with a window, where theirs is another.
    windows: per layer, how many tokens a token sees, itself included, None for all; empty for all in every layer.
    embedding_scale: what token embeddings are multiplied by.
    tied: the embedding is the head too. logit_cap: soft cap of the logits.
    """

    vocabulary: int
    width: int
    layers: int
    hidden: int
    attention: AttentionConfig
    activation: str = "silu"
    norm: NormConfig = field(default_factory=NormConfig)
    rotary: RotaryConfig = field(default_factory=RotaryConfig)
    local_rotary: RotaryConfig | None = None
    windows: tuple[int | None, ...] = ()
    embedding_scale: float | None = None
    tied: bool = True
    logit_cap: float | None = None

    def __post_init__(self) -> None:
        check_sizes("decoder", vocabulary=self.vocabulary, width=self.width, layers=self.layers, hidden=self.hidden)
        if self.windows and len(self.windows) != self.layers:
            raise ConfigError(
                f"decoder: windows for {len(self.windows)} layers, but {self.layers} layers; expected one for each. "
                "Correct the model's config."
            )
        narrow = min((window for window in self.windows if window is not None), default=1)
        if narrow < 1:
            raise ConfigError(
                f"decoder: a window of {narrow} tokens; expected at least 1, the token itself. "
                "Correct the model's config."
            )
        _positive("decoder: embedding_scale", self.embedding_scale)
        _positive("decoder: logit_cap", self.logit_cap)


def build_decoder(config: DecoderConfig, *, rotary: Turns | None = None) -> Decoder:
    """A decoder with PyTorch's random weights.

    Args:
        config: its sizes.
        rotary: turns positions in place of what the config says, in every layer: for positions of several axes.
    """
    everywhere = rotary or _rotary(config.rotary, config.attention.head_width)
    local = everywhere
    if config.local_rotary is not None and rotary is None:
        local = _rotary(config.local_rotary, config.attention.head_width)
    embedding: nn.Embedding | ScaledEmbedding = (
        nn.Embedding(config.vocabulary, config.width)
        if config.embedding_scale is None
        else ScaledEmbedding(config.vocabulary, config.width, scale=config.embedding_scale)
    )
    windows = config.windows or (None,) * config.layers
    return Decoder(
        embedding=embedding,
        layers=[Layer(_block(config), everywhere if window is None else local, window) for window in windows],
        norm=_norm(config.norm, config.width),
        kv_heads=config.attention.kv_heads,
        head_width=config.attention.head_width,
        head=None if config.tied else Linear(config.width, config.vocabulary, bias=False),
        logit_cap=config.logit_cap,
    )


def _positive(name: str, value: float | None) -> None:
    if value is not None and value <= 0:
        raise ConfigError(f"{name} is {value}; expected a positive number, or none. Correct the model's config.")


def _block(config: DecoderConfig) -> Block:
    sizes, norm = config.attention, config.norm
    attention = Attention(
        width=config.width,
        heads=sizes.heads,
        kv_heads=sizes.kv_heads,
        head_width=sizes.head_width,
        bias=sizes.bias,
        out_bias=sizes.out_bias,
        qk_norm=(lambda width: _norm(norm, width)) if sizes.qk_norm else None,
        scoring=Scoring(sizes.scale, sizes.cap),
    )
    return Block(
        attention=attention,
        mlp=GatedMlp(config.width, config.hidden, activation=config.activation),
        attention_norm=_norm(norm, config.width),
        mlp_norm=_norm(norm, config.width),
        attention_post_norm=_norm(norm, config.width) if norm.post else None,
        mlp_post_norm=_norm(norm, config.width) if norm.post else None,
    )


def _norm(config: NormConfig, width: int) -> nn.Module:
    return (RmsNorm if config.kind == "plain" else CentredRmsNorm)(width, config.eps)


def _rotary(config: RotaryConfig, head_width: int) -> Rotary:
    turning = frequencies(head_width, base=config.base)
    if config.stretch is not None:
        turning = stretched(turning, **vars(config.stretch))
    return Rotary(turning / config.factor)
