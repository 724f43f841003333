"""Weights of a module to and from one safetensors file, under the module's own names."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from sensorium.core.files import write_atomic
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.filling import fill_module
from sensorium.weights.keymap import KeyMap, rename


def save_weights(path: Path, tensors: Mapping[str, Tensor], *, dtype: torch.dtype | None) -> None:
    """Write tensors atomically, floating ones in one type (None: each in its own).

    Raises: OSError when the file cannot be written.
    """
    ready = {
        name: value.detach().to(dtype if value.is_floating_point() else None).contiguous()
        for name, value in tensors.items()
    }
    write_atomic(path, save(ready, {"format": "pt"}))


def load_weights(path: Path, module: nn.Module) -> None:
    """Fill a module, in the module's own types.

    Raises: CheckpointError when the file cannot be read, or a tensor is missing, surplus, of another shape or not
    finite; the message names the first of them.
    """
    names = KeyMap(tuple(rename(name, name) for name in module.state_dict()))
    fill_module(module, Checkpoint.of_file(path), names, dtype=lambda _, ours: ours)
