"""The state of a run in one safetensors file, written atomically: weights, their mean, optimisers, random state, log.

Of the weights those that learn: what is frozen comes from where the run began.
Not pickle: optimiser states are flattened to named tensors, everything else is JSON in the file's metadata. Data order
needs no state (data/mixture.py).
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.core.files import write_atomic
from sensorium.training.freezing import frozen
from sensorium.training.log import Log


@dataclass(frozen=True, eq=False)
class Run:
    """What a checkpoint holds: live objects, read or filled in place."""

    objective: nn.Module
    average: dict[str, Tensor]
    optimisers: list[torch.optim.Optimizer]


def save_run(path: Path, run: Run, *, step: int, log: Log, fingerprint: str) -> None:
    """Write the state after `step` steps. Raises: OSError when it cannot be written; the old file then stays."""
    tensors = {f"objective.{name}": value for name, value in _learnt(run.objective).items()}
    tensors |= {f"average.{name}": value for name, value in run.average.items()}
    for index, optimiser in enumerate(run.optimisers):
        for key, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{key}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors["random"] = torch.get_rng_state()
    metadata = {"step": str(step), "log": json.dumps(log), "fingerprint": fingerprint}
    write_atomic(path, save({name: value.contiguous() for name, value in tensors.items()}, metadata))


def load_run(path: Path, run: Run, *, fingerprint: str) -> tuple[int, Log]:
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
    learnt = _under(tensors, "objective.")
    if learnt.keys() != _learnt(run.objective).keys():
        raise CheckpointError(f"{path}: has other weights than those that learn. Delete it to begin anew.")
    run.objective.load_state_dict(learnt, strict=False)
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


def _learnt(objective: nn.Module) -> dict[str, Tensor]:
    still = frozen(objective)
    return {name: value for name, value in objective.state_dict().items() if name not in still}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
