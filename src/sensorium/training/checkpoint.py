"""The state of a run in one safetensors file, written atomically: weights, their mean, optimisers, random state, log.

Not pickle: optimiser states are flattened to named tensors, everything else is JSON in the file's metadata. Data order
needs no state (data/mixture.py).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.core.files import write_atomic


@dataclass(frozen=True, eq=False)
class Run:
    """What a checkpoint holds: live objects, read or filled in place."""

    objective: nn.Module
    average: dict[str, Tensor]
    optimisers: list[torch.optim.Optimizer]


def save_run(path: Path, run: Run, *, step: int, log: list[dict[str, Any]], fingerprint: str) -> None:
    """Write the state after `step` steps. Raises: OSError when it cannot be written; the old file then stays."""
    tensors = {f"objective.{name}": value for name, value in run.objective.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in run.average.items()}
    for index, optimiser in enumerate(run.optimisers):
        for key, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{key}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors["random"] = torch.get_rng_state()
    metadata = {"step": str(step), "log": json.dumps(log), "fingerprint": fingerprint}
    write_atomic(path, save({name: value.contiguous() for name, value in tensors.items()}, metadata))


def load_run(path: Path, run: Run, *, fingerprint: str) -> tuple[int, list[dict[str, Any]]]:
    """Fill the live objects from a checkpoint. Returns: steps done and the log.

    Raises: CheckpointError when the file is damaged or belongs to a run with other settings.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.offset_keys()}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: not a readable checkpoint ({error}). Delete it to begin anew.") from error
    if metadata.get("fingerprint") != fingerprint:
        raise CheckpointError(
            f"{path}: written by a run with another model, mixture or seed than this recipe's. "
            "Give another output folder (output=...), or delete the old one to begin anew."
        )
    run.objective.load_state_dict(_under(tensors, "objective."))
    for name, value in _under(tensors, "average.").items():
        run.average[name].copy_(value)
    for index, optimiser in enumerate(run.optimisers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under(tensors, f"optimiser.{index}.").items():
            key, _, field = name.partition(".")
            state.setdefault(int(key), {})[field] = value
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random"])
    return int(metadata["step"]), json.loads(metadata["log"])


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
