"""One safetensors file: what its header says, and its tensors straight from the file's pages.

    8 bytes    length of the header, little-endian
    header     JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {...}}
    the rest   the bytes of all tensors, one after the other, no gaps

The library reads the same, but does not say which tensors a truncated file lacks, and keeps every page that was touched
in memory: a checkpoint that is converted while it is read would be there twice.
"""

import json
import math
import mmap
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from sensorium.core.errors import CheckpointError
from sensorium.weights.faults import summary

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


class Pages:
    """The content of one file, mapped into memory; what is written to its tensors never reaches the file."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, ValueError) as error:
            raise unreadable(path, str(error)) from error

    def tensor(self, stored: Stored) -> Tensor:
        """A tensor in place, without a copy; it keeps the mapping alive.

        Raises: CheckpointError when the file has become shorter since its header was read.
        """
        if stored.stop > len(self._mapping):
            raise unreadable(stored.path, f"it has shrunk to {len(self._mapping)} bytes while it was read")
        dtype = DTYPES[stored.dtype]
        count = math.prod(stored.shape)
        if count == 0:
            return torch.empty(stored.shape, dtype=dtype)
        if stored.start % dtype.itemsize:  # old writers did not align the data
            octets = bytearray(self._mapping[stored.start : stored.stop])
            return torch.frombuffer(octets, dtype=dtype).view(stored.shape)
        return torch.frombuffer(self._mapping, dtype=dtype, count=count, offset=stored.start).view(stored.shape)

    def release(self, start: int, stop: int) -> None:
        """Give the whole pages within a range of bytes back; what is read there again comes from the file."""
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        last = stop // mmap.PAGESIZE * mmap.PAGESIZE
        if last > first and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows, which trims by itself
            self._mapping.madvise(mmap.MADV_DONTNEED, first, last - first)


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
        lost = summary(name for name, each in stored if each.stop > size)
        raise unreadable(path, f"truncated: {size} of {end} bytes; without {lost}")
    if size > end:
        raise unreadable(path, f"{size - end} bytes more than its header lists")
