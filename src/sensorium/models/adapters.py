"""Adapters as a pass over a built model. `adapter_folder.py` keeps what they learnt.

Where modules of the reference are parts of one matrix of ours (queries, keys and values), each has its own adapter;
which parts there are, the family's key map says. So adapters are the same in both, and go both ways without loss.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.nn.adapter import AdaptedLinear, Adapter
from sensorium.weights.keymap import KeyMap, rename
from sensorium.weights.rules import Rule, fill, numbers_in


@dataclass(frozen=True)
class AdapterConfig:
    """What learns, and how.

    Args:
        rank: of each change.
        alpha: each change is scaled by alpha / rank.
        dropout: share of the inputs that a change does not see in training.
        targets: patterns over names of linear layers, ours ("language.blocks.*.qkv") or the reference's ("*.q_proj").
        learnt: patterns over names of our parameters that learn as they are, beside the adapters.
        dora: learn the lengths of rows apart from where they point.
        rslora: scale by alpha / sqrt(rank) (Kalajdzievski 2023), so that higher ranks do not learn more slowly.
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ("*language.blocks.*",)
    learnt: tuple[str, ...] = ()
    dora: bool = False
    rslora: bool = False

    def __post_init__(self) -> None:
        if self.rank < 1 or self.alpha <= 0 or not 0 <= self.dropout < 1:
            raise ConfigError(
                f"adapters: got rank {self.rank}, alpha {self.alpha} and dropout {self.dropout}; expected a rank of at "
                "least 1, an alpha above 0 and a dropout from 0 to below 1. Correct the value."
            )

    @property
    def scale(self) -> float:
        """Of each change."""
        return self.alpha / (self.rank**0.5 if self.rslora else self.rank)


@dataclass(frozen=True)
class AdapterReport:
    """What was changed in a model."""

    config: AdapterConfig
    modules: tuple[str, ...]
    """Modules of the reference that have adapters now."""
    learnt: tuple[str, ...]
    """Parameters of ours that learn as they are."""
    parameters: int
    """How many numbers learn."""


def adapt(model: nn.Module, config: AdapterConfig, keymap: KeyMap | None = None) -> AdapterReport:
    """Give layers adapters that change nothing yet. These learn, and what `config.learnt` names; all else is frozen.

    Args:
        model: without adapters.
        config: what learns, and how.
        keymap: of its family; None where nobody has other names for its modules.

    Raises: ConfigError when a pattern matches nothing or the model has adapters, which leaves it as it was.
    """
    layers = layers_of(model, keymap or own_names(model))
    names = [*layers, *(module for layer in layers.values() for module in layer.parts)]
    hits = frozenset(matching(config.targets, names, "adapters: target"))
    learnt = matching(config.learnt, dict(model.named_parameters()), "adapters: learnt")
    modules = tuple(
        module for name, layer in layers.items() for module in layer.parts if name in hits or module in hits
    )
    adapted = with_adapters(layers, modules, config)
    if twice := [name for name in learnt if owner(name) in adapted]:
        raise ConfigError(
            f"adapters: {twice[0]} is to learn as it is, and its layer is to have an adapter; expected one of the two. "
            "Change 'targets' or 'learnt'."
        )
    return AdapterReport(config, modules, learnt, install(model, adapted, learnt))


def merge(model: nn.Module) -> None:
    """Put what the adapters learnt into the weights, so that they take no time; they do not learn meanwhile."""
    for _, layer in adapted_layers(model):
        layer.merge()


def unmerge(model: nn.Module) -> None:
    """Take it out again: every weight is what it was, bit by bit."""
    for _, layer in adapted_layers(model):
        layer.unmerge()


def fold(model: nn.Module) -> None:
    """Merge for good: all layers are plain again, so that the model can be saved as any of its family."""
    for name, layer in list(adapted_layers(model)):
        model.set_submodule(name, layer.folded())


def adapted_layers(model: nn.Module) -> Iterator[tuple[str, AdaptedLinear]]:
    """Every layer with adapters, and its name."""
    for name, module in model.named_modules():
        if isinstance(module, AdaptedLinear):
            yield name, module


def adapter_state(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters of all adapters, by name."""
    return parameters_of(adapted_layers(model))


def matching(patterns: Iterable[str], names: Collection[str], what: str) -> tuple[str, ...]:
    """Names that match any of the patterns, in which "*" is anything.

    Raises: ConfigError when a pattern matches none; `what` says what it is for.
    """
    chosen: set[str] = set()
    for pattern in patterns:
        hits = [name for name in names if fnmatchcase(name, pattern)]
        if not hits:
            raise ConfigError(
                f"{what}: '{pattern}' matches nothing in this model; expected a pattern over names such as "
                f"{next(iter(names), 'none, as it has none')}. Correct the pattern."
            )
        chosen.update(hits)
    return tuple(name for name in names if name in chosen)


@dataclass(frozen=True, eq=False)
class Layer:
    """A linear layer, and the modules of the reference that lie in it, one below the other, with the rows of each."""

    linear: nn.Linear
    parts: dict[str, int]


def layers_of(model: nn.Module, keymap: KeyMap) -> dict[str, Layer]:
    """The layers that can have adapters, by name."""
    if any(adapted_layers(model)):
        raise ConfigError("adapters: got a model with adapters; expected one without. Fold them first.")
    found = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    layers = {name: Layer(linear, _parts(f"{name}.weight", linear.weight, keymap)) for name, linear in found.items()}
    return {name: layer for name, layer in layers.items() if layer.parts}


def with_adapters(
    layers: Mapping[str, Layer], modules: Collection[str], config: AdapterConfig
) -> dict[str, AdaptedLinear]:
    """Layers with adapters of these modules, by name."""
    make = partial(Adapter, rank=config.rank, scale=config.scale, dropout=config.dropout, dora=config.dora)
    chosen = frozenset(modules)
    return {
        name: AdaptedLinear(
            layer.linear,
            parts={leaf(module): rows for module, rows in layer.parts.items()},
            adapted=[leaf(module) for module in layer.parts if module in chosen],
            make=make,
        )
        for name, layer in layers.items()
        if not chosen.isdisjoint(layer.parts)
    }


def _parts(name: str, weight: Tensor, keymap: KeyMap) -> dict[str, int]:
    """The modules of the reference that a weight of ours is made of; none when it is made otherwise."""
    for rule in keymap.rules:
        numbers = numbers_in(rule.ours, name)
        if numbers is not None and holds_modules(rule):
            modules = (owner(fill(theirs, numbers)) for theirs in rule.theirs)
            return {module: len(rows) for module, rows in zip(modules, rule.theirs_of(weight), strict=True)}
    return {}


def holds_modules(rule: Rule) -> bool:
    """Whether a rule is about weights of modules of the reference, as they are or one below the other."""
    return rule.op in ("rename", "join") and all(name.endswith(".weight") for name in (*rule.theirs, rule.ours))


def own_names(model: nn.Module) -> KeyMap:
    """The key map of a model whose modules nobody calls otherwise."""
    return KeyMap(tuple(rename(name, name) for name, _ in model.named_parameters()))


def install(model: nn.Module, layers: Mapping[str, AdaptedLinear], learnt: tuple[str, ...]) -> int:
    """Put adapted layers in their places, and freeze all that does not learn. Returns: how many numbers learn."""
    for name, layer in layers.items():
        model.set_submodule(name, layer)
    model.requires_grad_(False)
    learning = [*adapter_state(model).values(), *(model.get_parameter(name) for name in learnt)]
    for parameter in learning:
        parameter.requires_grad_(True)
    return sum(parameter.numel() for parameter in learning)


def parameters_of(layers: Iterable[tuple[str, AdaptedLinear]]) -> dict[str, nn.Parameter]:
    """The parameters of the adapters of layers, by their names in the model."""
    return {
        name: parameter
        for layer_name, layer in layers
        for name, parameter in layer.adapters.named_parameters(f"{layer_name}.adapters")
    }


def owner(name: str) -> str:
    """The name without its last part: of the module that has a parameter."""
    return name.rpartition(".")[0]


def leaf(name: str) -> str:
    """The last part of a name."""
    return name.rpartition(".")[2]
