"""Writes a model that was trained on as a checkpoint of its family: what read the folder it came from reads it.

All files but the weights are those of the start.
"""

import shutil
from pathlib import Path

import torch
from torch import nn

from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.folder import INDEX, PICKLES, read_json
from sensorium.weights.keymap import KeyMap
from sensorium.weights.loading import save_checkpoint


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
