"""One safetensors file: what its header says, and its numbers, a few at a time.

    8 bytes    length of the header, little-endian
    header     JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {...}}
    the rest   the bytes of all tensors, one after the other, no gaps

The library reads the same, but does not say how much a truncated file lacks, and keeps every page that was touched
in memory: a checkpoint that is converted while it is read would be there twice. Tensors in place: pages.py.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import EllipsisType

import torch
from torch import Tensor

from sensorium.core.errors import CheckpointError

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
"""Types by the names that the format gives them; others (eight-bit floats) can be listed but not read."""

_LARGEST_HEADER = 100_000_000
"""Bytes; the library's own bound."""

PIECE = (1 << 15) - 1
"""Numbers that are read at a time: one less than PyTorch spreads over threads, which take longer to wake up."""

LARGE_PIECE = 1 << 17
"""The same for what PyTorch does not compute with: fewer calls, and still in the processor's cache."""

_LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Stored:
    """Where a tensor lies: its file, the type's name, shape, first byte and the one after the last."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


def read_header(path: Path) -> dict[str, Stored]:
    """All tensors of a file, in the order in which they lie.

    Raises: CheckpointError when it cannot be read, is no safetensors file, or ends before its tensors do.
    """
    try:
        with path.open("rb") as file:
            first = file.read(len(_LFS_POINTER))
            length = int.from_bytes(first[:8], "little")
            if first == _LFS_POINTER:
                raise unreadable(path, "a Git LFS pointer, not the file itself")
            if len(first) < 8 or length > _LARGEST_HEADER:
                raise unreadable(path, "it does not begin as one")
            file.seek(8)
            header = file.read(length)
            size = file.seek(0, 2)
    except OSError as error:
        raise unreadable(path, str(error)) from error
    if len(header) < length:
        raise unreadable(path, f"truncated: {size} bytes, not even its header of {length} bytes")
    try:
        entries = json.loads(header, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError) as error:
        raise unreadable(path, f"its header: {error}") from error
    if not isinstance(entries, dict):
        raise unreadable(path, "its header is not a table")
    entries.pop("__metadata__", None)
    stored = [(name, _entry(path, name, entry, 8 + length)) for name, entry in entries.items()]
    stored.sort(key=lambda each: (each[1].start, each[1].stop))
    _check_places(path, stored, 8 + length, size)
    return dict(stored)


def unreadable(path: Path, reason: str) -> CheckpointError:
    """The error for a file that is not, or no longer, what it should be."""
    return CheckpointError(f"{path}: not readable as safetensors ({reason}). Fetch the model again.")


def pieces(
    stored: Stored, first: int = 0, last: int | None = None, *, into: Tensor | None = None, size: int = PIECE
) -> Iterator[tuple[slice | EllipsisType, Tensor]]:
    """The numbers of a tensor, or of some of its rows, a few rows at a time: where they belong, and the rows.

    They are read, not mapped, so they are still in the processor's cache when they are looked at, and none of the
    file's pages counts as ours.

    Args:
        first, last: the rows to begin with and to end before; places count from `first`.
        into: contiguous, of the tensor's type and the shape of these rows: they are read into it. None for memory that
            the next piece takes again.
        size: numbers that are read at a time, or else one row.

    Raises: CheckpointError when the file has gone, or become shorter since its header was read.
    """
    shape = stored.shape or (1,)
    if not math.prod(shape):
        return
    dtype, row, count = DTYPES[stored.dtype], math.prod(shape[1:]), (shape[0] if last is None else last) - first
    rows, width = min(count, max(1, size // row)), row * dtype.itemsize
    room = torch.empty((rows, *shape[1:]), dtype=dtype) if into is None else into.view(count, *shape[1:])
    octets = room.view(-1).view(torch.uint8).numpy().data
    try:
        with stored.path.open("rb") as file:
            file.seek(stored.start + first * width)
            for start in range(0, count, rows):
                here, place = min(rows, count - start), 0 if into is None else start
                stretch = octets[place * width : (place + here) * width]
                if file.readinto(stretch) < len(stretch):
                    raise unreadable(stored.path, f"it has shrunk to {file.tell()} bytes while it was read")
                numbers = room[place : place + here]
                yield (slice(start, start + here), numbers) if stored.shape else (..., numbers[0])
    except OSError as error:
        raise unreadable(stored.path, str(error)) from error


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name stands twice")
    return table


def _entry(path: Path, name: str, entry: object, data: int) -> Stored:
    """One line of the header; `data` is where the tensors begin."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [start, stop]} if all(
            type(each) is int and each >= 0 for each in (*shape, start, stop)
        ):
            expected = math.prod(shape) * DTYPES[dtype].itemsize if dtype in DTYPES else stop - start
            if stop - start != expected:
                raise unreadable(path, f"{name} has {stop - start} bytes, {dtype} {shape} needs {expected}")
            return Stored(path, dtype, tuple(shape), data + start, data + stop)
        case _:
            raise unreadable(path, f"its header has no type, shape and place for {name}")


def _check_places(path: Path, stored: list[tuple[str, Stored]], data: int, size: int) -> None:
    """Tensors lie side by side from the header to the end of the file."""
    for (_, before), (name, after) in pairwise([("", Stored(path, "U8", (), data, data)), *stored]):
        if after.start != before.stop:
            raise unreadable(path, f"{name} begins at byte {after.start}, the one before ends at {before.stop}")
    end = stored[-1][1].stop if stored else data
    if size < end:
        lost = sum(each.stop > size for _, each in stored)
        raise unreadable(path, f"truncated: {size} of {end} bytes, without {lost} of its {len(stored)} tensors")
    if size > end:
        raise unreadable(path, f"{size - end} bytes more than its header lists")
