"""What a run teaches, and to which parts: the stages of LLaVA, and those after them.

stage: { kind: align }                                          connectors alone, from answers
stage: { kind: instruct }                                       connectors and language model, from answers
stage: { kind: prefer, beta: 0.1 }                              the same, from pairs of a better and a worse answer
stage: { kind: distil, teacher: runs/large/model }              the same, from a larger model's scores
stage: { kind: instruct, adapter: { rank: 16 } }                connectors, and LoRA in the language model
stage: { kind: instruct, train: ["language.blocks.*"], freeze: ["*norm*"] }      parts by their names
stage: { kind: contrastive }                                    a space of all modalities, from matches (data/matches)
stage: { kind: contrastive, objective: sigmoid }                the same, by another loss (training/contrast_losses.py)
"""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from torch import nn

from sensorium.core.errors import ConfigError
from sensorium.fusion.config import refuse_foreign
from sensorium.media.types import Modality
from sensorium.models.adapters import AdapterConfig, adapt
from sensorium.training.freezing import freeze
from sensorium.weights.keymap import KeyMap

Kind = Literal["whole", "align", "instruct", "prefer", "distil", "contrastive"]

Drawing = Literal["infonce", "sigmoid", "supervised", "binding"]

CONNECTORS = ("*connector*", "*projector*", "*merger*", "*tower.deep.*", "looking.*", "fuse.*", "join.*")
"""How what stands between encoders and language model is named: connectors in all families, fusion in composed ones."""

_TALKER = (*CONNECTORS, "*language.*", "middle.*")

TRAINED: dict[Kind, tuple[str, ...]] = {
    "whole": ("*",),
    "align": CONNECTORS,
    "instruct": _TALKER,
    "prefer": _TALKER,
    "distil": _TALKER,
    "contrastive": ("*",),
}
"""Patterns of the parameters that each kind trains, if `train` does not say others."""

_COMMON = ("train", "freeze", "adapter", "patience")
_TAKES: dict[str, tuple[str, ...]] = {
    "whole": _COMMON,
    "align": _COMMON,
    "instruct": _COMMON,
    "prefer": (*_COMMON, "beta"),
    "distil": (*_COMMON, "teacher", "temperature", "told"),
    "contrastive": ("train", "freeze", "patience", "objective", "hardness", "anchor", "altered", "gathered"),
}


@dataclass(frozen=True)
class Stage:
    """A stage.

    train, freeze: patterns of names of parameters; what both match is frozen.
    adapter: LoRA or DoRA (models/adapters.py); beside it connectors learn, or what its `learnt` says instead.
    patience: validations without a lower loss after which the run ends; None for none.
    beta: of preferences, how dearly a distance from the model at the start is paid for.
    teacher: folder or id of the Hub of the model that scores are learnt from; it needs the same tokenizer.
    temperature: that both distributions are softened by. told: share of the loss that the true answers have.
    objective: of a space, the loss (training/contrast_losses.py).
    hardness: of infonce and binding, how much more near negatives weigh (nn/contrast.py); 0 for all alike.
    anchor: of binding, the modality that all others are bound to.
    altered: whether altered words, where a match has some, are hard negatives.
    gathered: several processes share each micro-batch, so that all of it are rivals, in place of sharing the draws.
    """

    kind: Kind = "whole"
    train: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    adapter: AdapterConfig | None = None
    patience: int | None = None
    beta: float = 0.1
    teacher: str | None = None
    temperature: float = 1.0
    told: float = 0.5
    objective: Drawing = "infonce"
    hardness: float = 0.0
    anchor: Modality = "image"
    altered: bool = True
    gathered: bool = False

    def __post_init__(self) -> None:
        refuse_foreign(self, self.kind, _TAKES, part="stage")
        if self.adapter is not None and self.train:
            raise ConfigError(
                "stage: got train and an adapter; expected one of them. What is to learn beside an adapter is its "
                "'learnt'."
            )
        if self.kind == "distil" and self.teacher is None:
            raise ConfigError("stage: distil has no teacher; expected a model to learn from. Give teacher: FOLDER.")
        if self.beta <= 0 or self.temperature <= 0 or not 0 <= self.told <= 1:
            raise ConfigError(
                f"stage: got beta {self.beta}, temperature {self.temperature} and told {self.told}; expected the first "
                "two above 0, told from 0 to 1. Correct them."
            )
        self._check_space()
        if self.patience is not None and self.patience < 1:
            raise ConfigError(f"stage: patience is {self.patience}; expected at least 1, or nothing for no early end.")

    def _check_space(self) -> None:
        """Reject choices that the objective of a space does not have."""
        if self.hardness < 0 or (self.hardness > 0 and self.objective not in ("infonce", "binding")):
            raise ConfigError(
                f"stage: got hardness {self.hardness} for {self.objective}; expected 0 or more, and 0 but for infonce "
                "and binding. Correct it."
            )
        if self.anchor != "image" and self.objective != "binding":
            raise ConfigError(
                f"stage: got anchor {self.anchor} for {self.objective}; only binding has one. Remove it, or write "
                "objective: binding."
            )


def apply_stage(module: nn.Module, stage: Stage, keymap: KeyMap | None) -> AdapterConfig | None:
    """Freeze what a stage does not train, and give layers adapters if it says so.

    Args:
        module: a network in which everything learns.
        stage: what is trained.
        keymap: of the network's family, None for `nano`.

    Returns: what the adapters are, with all that learns beside them.

    Raises: ConfigError when a pattern matches nothing, or the network has none of the parts that a kind trains.
    """
    adapter = stage.adapter
    if adapter is not None:
        adapter = replace(adapter, learnt=adapter.learnt or _there(module, CONNECTORS))
        adapt(module, adapter, keymap)
    else:
        trained = stage.train or _there(module, TRAINED[stage.kind])
        if not trained:
            raise ConfigError(
                f"stage: '{stage.kind}' trains {', '.join(TRAINED[stage.kind])}, and the model has nothing of these "
                "names. Say what to train: train: [...]."
            )
        freeze(module, ("*",), but=trained)
    if stage.freeze:
        freeze(module, stage.freeze)
    return adapter


def settle(module: nn.Module) -> None:
    """Put what is being trained in training mode, and what is frozen as it answers: running statistics stay still."""
    module.train()
    for part in module.modules():
        parameters = list(part.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            part.eval()


def _there(module: nn.Module, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Those that match something."""
    names = [name for name, _ in module.named_parameters()]
    return tuple(pattern for pattern in patterns if any(fnmatchcase(name, pattern) for name in names))
