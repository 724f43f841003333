"""Writes a model that was trained on as a checkpoint of its family: what read the folder it came from reads it.

The key map is that of the family's own folder (models/<family>/rules.py); all other files are those of the start.
"""

import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sensorium.core.errors import UsageError
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.folder import INDEX, PICKLES, read_json
from sensorium.weights.keymap import KeyMap
from sensorium.weights.loading import save_checkpoint

Prefixes = tuple[tuple[str, str], ...]

_MAPS = {"text": "sensorium.models.text.model:key_map"}
"""Where a family's map is not `rules` of its rules.py."""


def family_map(family: str, folder: Path) -> KeyMap:
    """Names of the tensors of a checkpoint folder to ours, and back. Raises: UsageError for a family without a map."""
    config_of: Callable[[dict[str, object]], Any]
    try:
        config_of = import_module(f"sensorium.models.{family}.config").read_config
        module, _, name = _MAPS.get(family, f"sensorium.models.{family}.rules:rules").partition(":")
        keymap: KeyMap = getattr(import_module(module), name)(config_of(read_json(folder / "config.json")))
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{folder}: models of the family {family} cannot be written; expected one whose tensors have names in "
            "another form too. Start from another model."
        ) from error
    return keymap


def family_modules(family: str) -> Prefixes:
    """How names begin in a family's checkpoints, and how its reference's modules begin, where the two differ."""
    if family in _MAPS:
        return ()
    modules: Prefixes = getattr(import_module(f"sensorium.models.{family}.rules"), "MODULES", ())
    return modules


def save_like(start: Path, module: nn.Module, keymap: KeyMap, out: Path) -> None:
    """Write a module, and beside it every file of the folder `start` that holds no weights.

    Weights get the type that most of them have in `start`. Raises: OSError when a file cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(start.iterdir()):
        if path.is_file() and not path.name.startswith(".") and not _weights(path):
            shutil.copyfile(path, out / path.name)
    config = read_json(start / "config.json")
    save_checkpoint(out, module, keymap, dtype=_type(start), config=config)


def _weights(path: Path) -> bool:
    return path.suffix in (".safetensors", *PICKLES) or path.name == INDEX


def _type(folder: Path) -> torch.dtype:
    checkpoint = Checkpoint.open(folder)
    types = [checkpoint.dtype(name) for name in checkpoint.names]
    return max(set(types), key=types.count)
