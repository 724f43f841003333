"""The state of a run in safetensors files, written atomically: weights, their mean, optimisers, random state, log.

    checkpoint.safetensors         all of it. Of a model in pieces (training/sharded.py) the first process's piece, and
                                   what is whole; written last, it names the other pieces
    checkpoint-8-1.safetensors     of such a run, the piece of process 1 after step 8

Pieces are rows: the same name's, one after the other, are the whole tensor. So a checkpoint can be read by any number
of processes, whichever way they hold the model; and one that was killed while it wrote still has the last one whole.

Of the weights those that learn: what is frozen comes from where the run began.
Not pickle: optimiser states are flattened to named tensors, everything else is JSON in the file's metadata. Data order
needs no state (data/mixture.py).
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.core.files import write_atomic
from sensorium.training.freezing import frozen
from sensorium.training.log import Log
from sensorium.training.processes import Processes
from sensorium.training.shards import fill, is_sharded, own


@dataclass(frozen=True, eq=False)
class Run:
    """What a checkpoint holds: live objects, read or filled in place."""

    objective: nn.Module
    average: dict[str, Tensor]
    optimisers: list[torch.optim.Optimizer]


@dataclass(frozen=True)
class Facts:
    """What a checkpoint says beside its tensors: steps done, the log, and what tells the run from others."""

    step: int
    log: Log
    fingerprint: str


def save_run(path: Path, run: Run, facts: Facts, processes: Processes) -> None:
    """Write a run's state; all processes call it. Raises: OSError when it cannot be written; the old one then stays."""
    tensors = _tensors(run)
    mine = {name: each for name, each in tensors.items() if is_sharded(each)}
    told = {"step": str(facts.step), "fingerprint": facts.fingerprint}
    if mine and not processes.leads:
        _write(_piece(path, facts.step, processes.rank), mine, told)
    processes.wait()
    if processes.leads:
        pieces = [_piece(path, facts.step, rank).name for rank in range(1, processes.size)] if mine else []
        _write(path, tensors, told | {"log": json.dumps(facts.log), "pieces": json.dumps(pieces)})
        for older in {each.name for each in path.parent.glob(_piece(path, "*", "*").name)}.difference(pieces):
            (path.parent / older).unlink()


def load_run(path: Path, run: Run, *, fingerprint: str) -> Facts:
    """Fill the live objects from a checkpoint, each process its rows of them. Returns: what else it says.

    Raises: CheckpointError when a file is damaged or belongs to a run with other settings; nothing is filled then.
    """
    with _opened(path, fingerprint) as stored:
        learnt = {f"objective.{name}": value for name, value in _learnt(run.objective).items()}
        if learnt.keys() != {name for name in stored.places if name.startswith("objective.")}:
            raise CheckpointError(f"{path}: has other weights than those that learn. Delete it to begin anew.")
        for name, value in (learnt | {f"average.{name}": value for name, value in run.average.items()}).items():
            fill(value, stored.tensor(name))
        for index, optimiser in enumerate(run.optimisers):
            state = _optimiser_state(optimiser, stored, f"optimiser.{index}.")
            optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        torch.set_rng_state(stored.tensor("random"))
        return Facts(int(stored.metadata["step"]), json.loads(stored.metadata["log"]), fingerprint)


def _tensors(run: Run) -> dict[str, Tensor]:
    """Everything of a run that is kept, by name: whole, or in pieces."""
    tensors = {f"objective.{name}": value for name, value in _learnt(run.objective).items()}
    tensors |= {f"average.{name}": value for name, value in run.average.items()}
    for index, optimiser in enumerate(run.optimisers):
        for key, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{key}.{name}": torch.as_tensor(value) for name, value in state.items()}
    return tensors | {"random": torch.get_rng_state()}


def _optimiser_state(optimiser: torch.optim.Optimizer, stored: "_Stored", prefix: str) -> dict[int, dict[str, Tensor]]:
    """What is stored of an optimiser; of what goes with a parameter in pieces, this process's rows."""
    parameters = [each for group in optimiser.param_groups for each in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name in [name for name in stored.places if name.startswith(prefix)]:
        key, _, field = name.removeprefix(prefix).partition(".")
        value, parameter = stored.tensor(name), parameters[int(key)]
        if is_sharded(parameter) and value.shape == parameter.shape:
            complete, value = value, torch.empty_like(parameter)
            fill(value, complete)
        state.setdefault(int(key), {})[field] = value
    return state


@dataclass(frozen=True, eq=False)
class _Stored:
    """The tensors of a checkpoint, read when asked for. places: the files that have rows of each, in order."""

    metadata: dict[str, str]
    places: dict[str, list[Any]]

    def tensor(self, name: str) -> Tensor:
        """A whole one."""
        rows = [file.get_tensor(name) for file in self.places[name]]
        return rows[0] if len(rows) == 1 else torch.cat(rows)


@contextmanager
def _opened(path: Path, fingerprint: str) -> Iterator[_Stored]:
    """A checkpoint with all of its pieces. Raises: CheckpointError as `load_run`."""
    with ExitStack() as stack:
        first = stack.enter_context(_file(path))
        metadata = first.metadata() or {}
        if metadata.get("fingerprint") != fingerprint:
            raise CheckpointError(
                f"{path}: written by a run with another model, mixture or seed than this recipe's. "
                "Give another output folder (output=...), or delete the old one to begin anew."
            )
        places = {name: [first] for name in first.offset_keys()}
        for name in json.loads(metadata.get("pieces", "[]")):
            file = stack.enter_context(_file(path.parent / Path(name).name))
            told = file.metadata() or {}
            if (told.get("step"), told.get("fingerprint")) != (metadata["step"], fingerprint):
                raise CheckpointError(
                    f"{path.parent / name}: of another step or run than {path.name}, which it is a piece of. Copy all "
                    "pieces together, or delete them to begin anew."
                )
            for each in file.offset_keys():
                places[each].append(file)
        yield _Stored(metadata, places)


@contextmanager
def _file(path: Path) -> Iterator[Any]:
    try:
        file = safe_open(path, framework="pt")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: not a readable checkpoint ({error}). Delete it to begin anew.") from error
    with file:
        yield file


def _write(path: Path, tensors: dict[str, Tensor], told: dict[str, str]) -> None:
    write_atomic(path, save({name: own(each).contiguous() for name, each in tensors.items()}, told))


def _piece(path: Path, step: int | str, rank: int | str) -> Path:
    """Beside a checkpoint, the piece of a process."""
    return path.with_name(f"{path.stem}-{step}-{rank}{path.suffix}")


def _learnt(objective: nn.Module) -> dict[str, Tensor]:
    still = frozen(objective)
    return {name: value for name, value in objective.state_dict().items() if name not in still}
