"""What a comparison depends on: how long it trains, on how much, and how the models look that meet in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sensorium.core.errors import ConfigError
from sensorium.evaluation.fusion.task import TASKS, Beside
from sensorium.fusion.config import ConnectorConfig
from sensorium.inputs.spec import AudioSpec, ImageSpec, InputSpec
from sensorium.models.composed.config import ComposedConfig, EncoderConfig, FusionConfig, ModelConfig
from sensorium.models.composed.model import build
from sensorium.nn.skeleton import Unfilled

TOLERANCE = 0.02
"""By how much of the parameters the contenders may differ."""


@dataclass(frozen=True)
class Settings:
    """A comparison.

    steps: of each run. seeds: runs of each fusion. samples: to train on, the same for all.
    questions: of each kind that a trained model is asked, in every condition.
    beside: what stands beside the picture. Beside words there are two ways to meet: late and gated fusion join media.
    """

    steps: int = 900
    seeds: int = 3
    samples: int = 6000
    questions: int = 100
    beside: Beside = "sound"

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("seeds", 1), ("samples", 30), ("questions", 1)):
            value = getattr(self, name)
            if value < least:
                raise ConfigError(f"fusion compare: {name} is {value}; expected at least {least}. Give more.")


_CONNECTOR = ConnectorConfig(kind="resampler", queries=8, layers=1, heads=4)

BASE = ComposedConfig(
    encoders={
        "image": EncoderConfig("native", sizes={"width": 48, "layers": 2, "heads": 3, "hidden": 96, "stem": (12, 24)}),
        "audio": EncoderConfig("mel", sizes={"width": 48, "layers": 2, "heads": 3, "hidden": 96, "stem": (8, 16, 24)}),
    },
    connectors={"image": _CONNECTOR, "audio": _CONNECTOR},
    language=ModelConfig(sizes={"vocabulary": 384, "width": 96, "layers": 3, "heads": 4, "kv_heads": 2, "hidden": 384}),
    inputs=InputSpec(
        image=ImageSpec(max_pixels=48 * 48), audio=AudioSpec(mel_bins=32, max_seconds=2.0), max_tokens=128
    ),
)
"""The smallest model that learns the task; all contenders have its encoders and connectors."""


def suited(base: ComposedConfig, beside: Beside) -> ComposedConfig:
    """A base with encoders for what is shown alone."""
    kept = [modality for modality in base.encoders if modality in TASKS[beside].modalities]
    return replace(
        base,
        encoders={modality: base.encoders[modality] for modality in kept},
        connectors={modality: base.connectors[modality] for modality in kept},
    )


def contenders(base: ComposedConfig) -> dict[str, ComposedConfig]:
    """The fusions as models of equal size, by name; the feed-forwards of the decoder make up for what they need.

    Args:
        base: with early fusion, whose number of parameters all get.

    Raises: ConfigError for a base too small to make up for it.
    """
    wanted = parameters(base)
    return {name: _sized(replace(base, fusion=each), wanted, name) for name, each in _fusions(base).items()}


def parameters(config: ComposedConfig) -> int:
    """How many numbers a model of this config learns."""
    with Unfilled():
        return sum(each.numel() for each in build(config).parameters())


def _fusions(base: ComposedConfig) -> Mapping[str, FusionConfig]:
    """Cross-attention of `middle` stands behind every second block; the weights of `late` are learned."""
    found = {
        "early": FusionConfig(),
        "middle": FusionConfig(kind="middle", after=tuple(range(0, base.language.decoder().layers, 2))),
    }
    if len(base.encoders) > 1:
        found |= {"late": FusionConfig(kind="late", learned=True), "gated": FusionConfig(kind="gated")}
    return found


def _sized(config: ComposedConfig, wanted: int, name: str) -> ComposedConfig:
    """The same with feed-forwards so wide that it has as many parameters as wanted: they grow in a line with them."""
    hidden = config.language.decoder().hidden
    had = parameters(config)
    each = parameters(_with_hidden(config, hidden + 1)) - had
    sized = max(1, hidden + round((wanted - had) / each))
    found = _with_hidden(config, sized)
    if abs(parameters(found) - wanted) > TOLERANCE * wanted:
        raise ConfigError(
            f"fusion compare: {name} has {parameters(found)} parameters where early has {wanted}; expected a "
            f"difference of at most {TOLERANCE:.0%}. Give a base with wider feed-forwards."
        )
    return found


def _with_hidden(config: ComposedConfig, hidden: int) -> ComposedConfig:
    return replace(config, language=ModelConfig(sizes={**(config.language.sizes or {}), "hidden": hidden}))
