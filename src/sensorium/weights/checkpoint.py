"""A folder of weights: one `model.safetensors`, or several files with `model.safetensors.index.json`.

Opening reads headers only. What is no such folder is refused (folder.py says with which words).
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sensorium.core.errors import CheckpointError
from sensorium.weights.faults import summary
from sensorium.weights.folder import INDEX, SINGLE, no_weights, read_index, read_json
from sensorium.weights.format import DTYPES, Stored, read_header
from sensorium.weights.pages import Pages

__all__ = ["INDEX", "SINGLE", "Checkpoint", "Reader", "read_index", "read_json"]


@dataclass(frozen=True)
class Checkpoint:
    """All tensors of a folder by name: types, shapes and places are known, their numbers are read when asked for."""

    path: Path
    """Of the folder, or of a single file."""
    tensors: dict[str, Stored]

    @classmethod
    def open(cls, folder: Path) -> "Checkpoint":
        """Look at a folder.

        Raises: CheckpointError when it has no safetensors weights (with the way to convert what it has instead), a file
        is truncated or damaged, or index and shards do not agree; the message names the first tensors concerned.
        """
        if not folder.is_dir():
            raise CheckpointError(f"{folder}: no such folder; expected that of a model. Check the path.")
        if (folder / SINGLE).is_file():
            return cls(folder, read_header(folder / SINGLE))
        if (folder / INDEX).is_file():
            return cls(folder, _sharded(folder))
        raise no_weights(str(folder), (path.name for path in folder.iterdir()))

    @classmethod
    def of_file(cls, path: Path) -> "Checkpoint":
        """A single file of any name. Raises: CheckpointError when it is not readable."""
        return cls(path, read_header(path))

    @property
    def names(self) -> tuple[str, ...]:
        """Of all tensors."""
        return tuple(self.tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of one tensor. Raises: CheckpointError when there is none of that name."""
        return self._stored(name).shape

    def dtype(self, name: str) -> torch.dtype:
        """Of one tensor. Raises: CheckpointError when there is none of that name, or its type cannot be read."""
        dtype = self._stored(name).dtype
        if dtype not in DTYPES:
            raise CheckpointError(
                f"{self.path}: {name} is of type {dtype}; expected F32, BF16 or F16. Take a checkpoint that is not "
                "quantised."
            )
        return DTYPES[dtype]

    def tensor(self, name: str) -> Tensor:
        """One tensor, in place in the mapped file: its pages are read when they are looked at.

        Each call maps the file anew, so what is written to one is not seen in another, and never in the file.

        Raises: CheckpointError as `dtype`, or when the file has gone or shrunk.
        """
        return self.reader().tensor(name)

    def reader(self) -> "Reader":
        """Reads many tensors over one mapping of each file."""
        return Reader(self)

    def _stored(self, name: str) -> Stored:
        if name not in self.tensors:
            raise CheckpointError(f"{self.path}: no tensor named {name}. Take the checkpoint that the model is for.")
        return self.tensors[name]


class Reader:
    """Tensors of a checkpoint, in place in its mapped files."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._pages: dict[Path, Pages] = {}

    def tensor(self, name: str) -> Tensor:
        """One tensor in place. Raises: CheckpointError as `Checkpoint.tensor`."""
        self._checkpoint.dtype(name)
        return self._pages_of(name).tensor(self._checkpoint.tensors[name])

    def set_aside(self, name: str) -> None:
        """Say that a tensor is not going to be looked at in place (`Pages.set_aside`)."""
        self._pages_of(name).set_aside(self._checkpoint.tensors[name])

    def _pages_of(self, name: str) -> Pages:
        path = self._checkpoint.tensors[name].path
        if path not in self._pages:
            self._pages[path] = Pages(path)
        return self._pages[path]


def _sharded(folder: Path) -> dict[str, Stored]:
    """The tensors of all shards that an index names."""
    places = read_index(folder / INDEX)
    faults: list[str] = []
    tensors: dict[str, Stored] = {}
    for shard in sorted(set(places.values())):
        listed = {name for name, place in places.items() if place == shard}
        if not (folder / shard).is_file():
            faults.append(f"{shard} is missing, with {len(listed)} tensors")
            continue
        found = read_header(folder / shard)
        faults += [f"{name} is not in {shard}" for name in listed - found.keys()]
        faults += [f"{name} is in {shard}, but the index does not say so" for name in found.keys() - listed]
        tensors |= {name: each for name, each in found.items() if name in listed}
    if faults:
        raise CheckpointError(
            f"{folder}: {INDEX} and the files beside it do not agree: {summary(faults)}. Fetch the model again."
        )
    return tensors
