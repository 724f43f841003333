"""What adapters learnt, as a folder in the form that the package peft reads and writes.

adapter_config.json         rank, scale and which modules have adapters
adapter_model.safetensors   of each module lora_A [rank, D], lora_B [D out, rank] and, for DoRA, lora_magnitude_vector;
                            whole modules that learnt as they are
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import nn

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.core.files import write_atomic
from sensorium.models.adapters import (
    AdapterConfig,
    AdapterReport,
    adapter_state,
    holds_modules,
    install,
    layers_of,
    leaf,
    matching,
    own_names,
    owner,
    parameters_of,
    with_adapters,
)
from sensorium.models.reading import of_checkpoint, read_section
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.filling import fill_module
from sensorium.weights.folder import read_json
from sensorium.weights.keymap import KeyMap, rename
from sensorium.weights.store import save_weights

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"

_ROOT = "base_model.model."
"""How all names in an adapter's file begin."""

_LEAVES = {"down": "lora_A.weight", "up": "lora_B.weight", "magnitude": "lora_magnitude_vector"}
"""Parameters of an adapter of ours, and their names in the file."""

_IDLE = (
    # what it is for, and who wrote it
    *("auto_mapping", "base_model_name_or_path", "inference_mode", "peft_version", "revision", "runtime_config"),
    "task_type",
    # which modules: those that the file has tensors of
    *("exclude_modules", "layers_pattern", "layers_to_transform", "modules_to_save", "target_modules"),
    # settings of what other keys switch on, and of how the first numbers were found
    *("corda_config", "eva_config", "loftq_config", "lora_ga_config", "megatron_config", "megatron_core"),
    "qalora_group_size",
)
"""Keys of adapter_config.json that do not touch what is computed."""


def save_adapter(
    folder: Path,
    model: nn.Module,
    config: AdapterConfig,
    keymap: KeyMap | None = None,
    *,
    base: str | None = None,
    modules: Sequence[tuple[str, str]] = (),
) -> None:
    """Write an adapter folder: each file whole or not at all.

    A module of which something learnt as it is, is written whole.

    Args:
        folder: made where there is none.
        model: with adapters.
        config: with which it was adapted.
        keymap: as it was given to `adapt`.
        base: id or folder of the model without adapters, which other tools fetch.
        modules: (how names begin in checkpoints, how the reference's modules begin), where the two differ.

    Raises: CheckpointError when what learnt is no module of the reference, OSError when a file cannot be written.
    """
    parameters = dict(model.named_parameters())
    owners = {owner(name) for name in matching(config.learnt, parameters, "learnt")}
    tensors = adapter_state(model) | {name: each for name, each in parameters.items() if owner(name) in owners}
    theirs = {
        _renamed(name, modules): value for name, value in _table(keymap or own_names(model)).write(tensors).items()
    }
    whole = sorted(name for name in theirs if ".lora_" not in name)
    if strays := [name for name in whole if not name.endswith((".weight", ".bias"))]:
        raise CheckpointError(
            f"adapters: {', '.join(strays)} learnt, but is no weight or bias of a module; expected those alone, as "
            "adapter folders have no room for others. Save the whole model."
        )
    settings = {
        "peft_type": "LORA",
        "base_model_name_or_path": base,
        "r": config.rank,
        "lora_alpha": config.alpha,
        "lora_dropout": config.dropout,
        "use_dora": config.dora,
        "use_rslora": config.rslora,
        "target_modules": sorted(owner(owner(name)) for name in theirs if name.endswith("." + _LEAVES["down"])),
        "modules_to_save": sorted({owner(name) for name in whole}) or None,
        "inference_mode": True,
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / WEIGHTS, {_ROOT + name: value for name, value in theirs.items()}, dtype=None)
    write_atomic(folder / CONFIG, (json.dumps(settings, indent=2) + "\n").encode())


def load_adapter(folder: Path, model: nn.Module, keymap: KeyMap | None = None) -> AdapterReport:
    """Adapt a model as a folder says; see `adapt`.

    Raises: CheckpointError when a file is missing or damaged, is for another model, or asks for what we do not have;
    ConfigError when the model has adapters. The model is then as it was.
    """
    settings = read_section(_Settings, read_json(folder / CONFIG), idle=_IDLE, where=str(folder / CONFIG))
    checkpoint = Checkpoint.of_file(folder / WEIGHTS)
    names = keymap or own_names(model)
    layers, table = layers_of(model, names), _table(names).under(theirs=_ROOT)
    plan, parameters = table.match(checkpoint.names).plan, dict(model.named_parameters())
    modules = tuple(
        module
        for name, layer in layers.items()
        for module in layer.parts
        if f"{name}.adapters.{leaf(module)}.down" in plan
    )
    learnt = tuple(name for name in parameters if name in plan)
    with of_checkpoint(str(folder / CONFIG)):
        config = settings.config(targets=modules, learnt=learnt)
    with Unfilled():
        adapted = with_adapters(layers, modules, config)
    ours = parameters_of(adapted.items()) | {name: parameters[name] for name in learnt}
    fill_module(_holding(ours), checkpoint, table, dtype=lambda _, kept: kept)
    return AdapterReport(config, modules, learnt, install(model, adapted, learnt))


@dataclass(frozen=True)
class _Settings:
    """The keys of adapter_config.json that count, with peft's values where they are left out."""

    peft_type: Literal["LORA"]
    r: int = 8
    lora_alpha: float = 8.0
    lora_dropout: float = 0.0
    use_dora: bool = False
    use_rslora: bool = False
    bias: Literal["none"] = "none"
    init_lora_weights: bool | Literal["gaussian", "orthogonal", "eva"] = True
    """Other ways than these begin by changing the model's own weights."""
    rank_pattern: dict[str, object] = field(default_factory=dict)
    alpha_pattern: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if odd := {**self.rank_pattern, **self.alpha_pattern}:
            raise ConfigError(
                f"rank_pattern and alpha_pattern name {', '.join(odd)}; expected one rank and alpha for all modules. "
                "Merge this adapter with peft, and take the merged model."
            )

    def config(self, *, targets: tuple[str, ...], learnt: tuple[str, ...]) -> AdapterConfig:
        """The same in our words."""
        return AdapterConfig(
            rank=self.r,
            alpha=self.lora_alpha,
            dropout=self.lora_dropout,
            targets=targets,
            learnt=learnt,
            dora=self.use_dora,
            rslora=self.use_rslora,
        )


def _table(keymap: KeyMap) -> KeyMap:
    """Names in an adapter's file and ours: of adapters, then of what learnt as it is."""
    adapters = tuple(
        rename(f"{owner(theirs)}.{suffix}", f"{owner(rule.ours)}.adapters.{leaf(owner(theirs))}.{inner}")
        for rule in keymap.rules
        if holds_modules(rule)
        for theirs in rule.theirs
        for inner, suffix in _LEAVES.items()
    )
    return KeyMap(adapters + keymap.rules, prefixes=keymap.prefixes)


def _holding(parameters: Mapping[str, nn.Parameter]) -> nn.Module:
    """A module in which parameters have these names."""
    root = nn.Module()
    for name, parameter in parameters.items():
        module = root
        *path, last = name.split(".")
        for part in path:
            if part not in dict(module.named_children()):
                module.add_module(part, nn.Module())
            module = module.get_submodule(part)
        module.register_parameter(last, parameter)
    return root


def _renamed(name: str, modules: Sequence[tuple[str, str]]) -> str:
    """The name of the reference's module for one that is written in checkpoints."""
    return next((new + name.removeprefix(old) for old, new in modules if name.startswith(old)), name)
