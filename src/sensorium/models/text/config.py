"""The config.json of an open language model to a `DecoderConfig`.

Read are the forms of transformers 4 (`rope_theta` and `rope_scaling`) and 5 (`rope_parameters`), whole files and the
`text_config` of vision- and audio-language models, which leaves out what is as the reference's class has it. A key that
is neither known nor known not to matter is refused, unless it is null or false: nobody can say what it changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeVar

from sensorium.core.config import Dataclass, from_dict
from sensorium.core.errors import ConfigError
from sensorium.core.names import did_you_mean
from sensorium.language.config import AttentionConfig, DecoderConfig, NormConfig, RotaryConfig, StretchConfig
from sensorium.models.text.keys import DEFAULTS, IGNORED

LayerType = Literal["full_attention", "sliding_attention"]

K = TypeVar("K", bound=Dataclass)


@dataclass(frozen=True)
class _Sizes:
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int | None
    head_dim: int | None
    hidden_act: str
    rms_norm_eps: float
    tie_word_embeddings: bool
    attention_bias: bool
    hidden_activation: str | None = None


@dataclass(frozen=True)
class _Sight:
    sliding_window: int | None = None
    use_sliding_window: bool = True
    max_window_layers: int = 0
    sliding_window_pattern: int = 2
    layer_types: tuple[LayerType, ...] | None = None


@dataclass(frozen=True)
class _Scores:
    query_pre_attn_scalar: float | None = None
    final_logit_softcapping: float | None = None
    attn_logit_softcapping: float | None = None


@dataclass(frozen=True)
class _Rope:
    max_position_embeddings: int
    rope_theta: float
    rope_local_base_freq: float | None = None
    rope_scaling: dict[str, object] | None = None
    rope_parameters: dict[str, object] | None = None


@dataclass(frozen=True)
class _Turning:
    """What `rope_scaling` and `rope_parameters` hold."""

    rope_type: Literal["default", "linear", "llama3"] = "default"
    rope_theta: float | None = None
    factor: float = 1.0
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    original_max_position_embeddings: int | None = None
    partial_rotary_factor: float = 1.0


def read_config(data: Mapping[str, object], *, where: str = "config.json") -> DecoderConfig:
    """The decoder that a config.json, or the `text_config` in one, describes.

    Args:
        data: the JSON object; its `model_type` says whose keys it has.
        where: begins every message.

    Raises: ConfigError for a `model_type` or key that is not known, a value of the wrong type, or sizes that contradict
    each other.
    """
    kind = data.get("model_type")
    if not isinstance(kind, str) or kind not in DEFAULTS:
        raise ConfigError(
            f"{where}: model_type is {kind!r}; expected one of: {', '.join(DEFAULTS)}."
            f"{did_you_mean(str(kind), DEFAULTS)} Take a language model of one of these families."
        )
    known = DEFAULTS[kind]
    _refuse_unknown(data, known, kind, where)
    values = {**known, **{key: data[key] for key in known if key in data}}
    sizes, scores = _part(_Sizes, values, where), _part(_Scores, values, where)
    rotary, local = _rotaries(_part(_Rope, values, where), kind, where)
    gemma = kind.startswith("gemma")
    decoder = DecoderConfig(
        vocabulary=sizes.vocab_size,
        width=sizes.hidden_size,
        layers=sizes.num_hidden_layers,
        hidden=sizes.intermediate_size,
        attention=AttentionConfig(
            heads=sizes.num_attention_heads,
            kv_heads=sizes.num_key_value_heads or sizes.num_attention_heads,
            head_width=sizes.head_dim or sizes.hidden_size // max(sizes.num_attention_heads, 1),
            bias=sizes.attention_bias or kind == "qwen2",
            out_bias=sizes.attention_bias and kind != "qwen2",
            qk_norm=kind in ("qwen3", "gemma3_text"),
            scale=_scale(scores, kind, where),
            cap=scores.attn_logit_softcapping,
        ),
        activation=_activation(sizes, gemma=gemma),
        norm=NormConfig("centred" if gemma else "plain", sizes.rms_norm_eps, post=kind in ("gemma2", "gemma3_text")),
        rotary=rotary,
        local_rotary=local,
        embedding_scale=sizes.hidden_size**0.5 if gemma else None,
        tied=sizes.tie_word_embeddings,
        logit_cap=scores.final_logit_softcapping,
    )
    return replace(decoder, windows=_windows(_part(_Sight, values, where), decoder.layers, kind, where))


def read_context(data: Mapping[str, object]) -> int:
    """How many tokens the model of a config.json takes; the same object that `read_config` reads.

    Raises: ConfigError when it is no number.
    """
    said = {key: value for key, value in data.items() if value is not None}
    return _part(_Rope, {**DEFAULTS[str(data["model_type"])], **said}, "config.json").max_position_embeddings


def _refuse_unknown(data: Mapping[str, object], known: Mapping[str, object], kind: str, where: str) -> None:
    for key, value in data.items():
        off = value is None or value is False
        if not (off or key in known or key in IGNORED or key.startswith("_")):
            shown = repr(value)
            raise ConfigError(
                f"{where}: {key} is {shown if len(shown) <= 60 else shown[:57] + '...'}, which changes what the model "
                f"computes in a way not known here; expected only the keys of a '{kind}' model."
                f"{did_you_mean(key, known)} Take a checkpoint without it."
            )


def _part(cls: type[K], values: Mapping[str, object], where: str) -> K:
    """Those of the values that are fields of one part, checked."""
    names = {each.name for each in fields(cls)}
    return from_dict(cls, {key: value for key, value in values.items() if key in names}, where=where)


def _scale(scores: _Scores, kind: str, where: str) -> float | None:
    """Of the attention scores; None for that of the head width."""
    scalar, cap = scores.query_pre_attn_scalar, scores.attn_logit_softcapping
    if kind == "gemma3_text" and cap is not None:
        raise ConfigError(
            f"{where}: attn_logit_softcapping is {cap}; expected null, since Gemma 3 caps no scores. Take the config "
            "of the checkpoint as it was published."
        )
    if scalar is not None and scalar <= 0:
        raise ConfigError(
            f"{where}: query_pre_attn_scalar is {scalar}; expected a positive number. Correct the model's config."
        )
    return None if scalar is None else scalar**-0.5


def _activation(sizes: _Sizes, *, gemma: bool) -> str:
    name = sizes.hidden_activation or sizes.hidden_act
    return "gelu_pytorch_tanh" if gemma and name == "gelu" else name  # the first Gemma configs say "gelu" and mean it


def _windows(sight: _Sight, layers: int, kind: str, where: str) -> tuple[int | None, ...]:
    """Per layer the tokens that it sees; nothing where all layers see all."""
    window = sight.sliding_window if sight.use_sliding_window else None
    local: list[bool]
    if sight.layer_types is not None:
        local = [each == "sliding_attention" for each in sight.layer_types]
        if window is None and any(local):
            raise ConfigError(
                f"{where}: layer_types has sliding_attention, but there is no sliding window; expected one. Correct "
                "the model's config."
            )
    elif kind in ("gemma2", "gemma3_text"):
        if sight.sliding_window_pattern < 1:
            raise ConfigError(
                f"{where}: sliding_window_pattern is {sight.sliding_window_pattern}; expected at least 1. Correct the "
                "model's config."
            )
        local = [bool((index + 1) % sight.sliding_window_pattern) for index in range(layers)]
    else:
        local = [index >= sight.max_window_layers for index in range(layers)]
    return tuple(window if each else None for each in local) if window is not None and any(local) else ()


def _rotaries(rope: _Rope, kind: str, where: str) -> tuple[RotaryConfig, RotaryConfig | None]:
    """The rotary positions of all layers, and of those with a window, where theirs are others (Gemma 3)."""
    if kind != "gemma3_text":
        return _rotary(rope.rope_scaling or rope.rope_parameters or {}, rope.rope_theta, rope, where), None
    new = rope.rope_parameters or {}
    parts = from_dict(_Kinds, new, where=f"{where}: rope_parameters")
    far = {**(parts.full_attention or {}), **(rope.rope_scaling or {})}
    near = rope.rope_local_base_freq or rope.rope_theta
    return _rotary(far, rope.rope_theta, rope, where), _rotary(parts.sliding_attention or {}, near, rope, where)


@dataclass(frozen=True)
class _Kinds:
    """The form of Gemma 3's `rope_parameters`."""

    full_attention: dict[str, object] | None = None
    sliding_attention: dict[str, object] | None = None


def _rotary(table: Mapping[str, object], base: float, rope: _Rope, where: str) -> RotaryConfig:
    given = {key: value for key, value in table.items() if value is not None}
    legacy = given.pop("type", "default")
    kind = given.setdefault("rope_type", legacy)
    if kind not in ("default", "linear", "llama3"):
        raise ConfigError(
            f"{where}: rotary positions are of type {kind!r}; expected default, linear or llama3. Take a checkpoint "
            "with one of these."
        )
    turning = from_dict(_Turning, given, where=f"{where}: rope_parameters")
    if turning.partial_rotary_factor != 1.0:
        raise ConfigError(
            f"{where}: partial_rotary_factor is {turning.partial_rotary_factor}; expected 1, positions that turn whole "
            "heads. Take a checkpoint with such."
        )
    base = base if turning.rope_theta is None else turning.rope_theta
    if turning.rope_type == "default":
        return RotaryConfig(base)
    if "factor" not in given:
        raise ConfigError(f"{where}: rotary positions of type {kind!r} have no factor; expected one. Add it.")
    if turning.rope_type == "linear":
        return RotaryConfig(base, turning.factor)
    context = turning.original_max_position_embeddings or rope.max_position_embeddings
    stretch = StretchConfig(turning.factor, turning.low_freq_factor, turning.high_freq_factor, context)
    return RotaryConfig(base, stretch=stretch)
