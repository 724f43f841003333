"""Weights of a module to and from one safetensors file; loading is strict and names every fault."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.core.files import write_atomic


def save_weights(path: Path, tensors: Mapping[str, Tensor], *, dtype: torch.dtype) -> None:
    """Write tensors in one floating type, atomically. Raises: OSError when the file cannot be written."""
    write_atomic(path, save({name: value.detach().to(dtype).contiguous() for name, value in tensors.items()}))


def load_weights(path: Path, module: nn.Module) -> None:
    """Fill a module, in the module's own types.

    Raises: CheckpointError when the file cannot be read, or a tensor is missing, surplus, of another shape or not
    finite; the message names all of them.
    """
    try:
        found = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: not readable as safetensors ({error}). Fetch the model again.") from error
    wanted = module.state_dict()
    faults = [f"{name} is missing" for name in wanted if name not in found]
    faults += [f"{name} is not a part of this model" for name in found if name not in wanted]
    for name in wanted.keys() & found.keys():
        if wanted[name].shape != found[name].shape:
            faults.append(f"{name} has shape {list(found[name].shape)}, not {list(wanted[name].shape)}")
        elif not bool(torch.isfinite(found[name]).all()):
            faults.append(f"{name} has numbers that are not finite")
    if faults:
        raise CheckpointError(
            f"{path}: weights and config do not agree: {'; '.join(sorted(faults))}. "
            "Use the files of one model together, or fetch it again."
        )
    module.load_state_dict(found)
