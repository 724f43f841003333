"""Checkpoints of open models into modules and back, through a key map."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from sensorium.core.files import write_atomic
from sensorium.weights.checkpoint import SINGLE, Checkpoint
from sensorium.weights.filling import LoadReport, fill_module, first_names
from sensorium.weights.keymap import KeyMap
from sensorium.weights.store import save_weights

__all__ = ["LoadReport", "load_checkpoint", "save_checkpoint"]


def load_checkpoint(
    module: nn.Module, checkpoint: Checkpoint, keymap: KeyMap, *, dtype: torch.dtype | None
) -> LoadReport:
    """Fill a module, whose memory may be uninitialised; its parameters stay the same objects.

    Args:
        module: built, on the device where it shall run.
        checkpoint: what to read.
        keymap: between the two.
        dtype: of all floating tensors; None for the type that each has in the checkpoint.

    Raises: CheckpointError for all tensors that are missing, surplus, of another shape or kind, or not finite, the
    first by name; the module is then as it was.
    """
    return fill_module(module, checkpoint, keymap, dtype=lambda theirs, _: dtype or theirs)


def save_checkpoint(
    folder: Path, module: nn.Module, keymap: KeyMap, *, dtype: torch.dtype | None, config: Mapping[str, object]
) -> None:
    """Write `model.safetensors`, under the names that every tool reads, and `config.json`; each whole or not at all.

    Of tied tensors the first is written, as others do. `dtype` None keeps the type that each floating tensor has.

    Raises: CheckpointError when the key map does not cover the module, OSError when a file cannot be written.
    """
    ours = module.state_dict(keep_vars=True)
    firsts = first_names(ours)
    theirs = keymap.write({name: value.detach() for name, value in ours.items() if firsts[name] == name})
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / SINGLE, theirs, dtype=dtype)
    write_atomic(folder / "config.json", (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode())
