"""Tensors in place in a file's pages, and the memory of those pages back to the system.

A page is read when it is first looked at, and from then on counts as memory of this process. The kernel says which
pages are still the file's and which have been written to and are ours alone (bit 61 of /proc/self/pagemap,
https://docs.kernel.org/admin-guide/mm/pagemap.html). Only the former are given back: whoever looks there again finds
the same numbers, out of the file.
"""

import math
import mmap
import os
from collections.abc import Iterable
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from sensorium.weights.format import DTYPES, Stored, unreadable

_MAPPINGS: WeakKeyDictionary[mmap.mmap, int] = WeakKeyDictionary()
"""Mappings of which a tensor is still in use, and the address where each begins."""

_PAGEMAP = Path("/proc/self/pagemap")
_FILES_OWN = np.uint64(0b101 << 61)
"""Bits of a page that is in memory (63) and the file's (61)."""


class Pages:
    """The content of one file, mapped into memory; what is written to its tensors never reaches the file."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, ValueError) as error:
            raise unreadable(path, str(error)) from error
        _MAPPINGS[self._mapping] = torch.frombuffer(self._mapping, dtype=torch.uint8).data_ptr()

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

    def set_aside(self, stored: Stored) -> None:
        """Say that a tensor is not going to be looked at in place.

        Linux may bring up to 2 MiB around a page that is looked at into memory. It does so within ranges of like
        advice, so that what lies between the tensors in use stays out.
        """
        first, last = -(-stored.start // mmap.PAGESIZE), stored.stop // mmap.PAGESIZE
        if first < last and hasattr(mmap, "MADV_RANDOM"):
            self._mapping.madvise(mmap.MADV_RANDOM, first * mmap.PAGESIZE, (last - first) * mmap.PAGESIZE)


def give_back(tensors: Iterable[Tensor]) -> None:
    """Give the memory back that tensors take in files' pages, until they are looked at again.

    Tensors elsewhere, and pages that have been written to, stay as they are; so does everything where the system does
    not tell them apart (Linux does). Not while another thread writes to the tensors.
    """
    mappings = [(mapping, _MAPPINGS[mapping]) for known in _MAPPINGS.keyrefs() if (mapping := known()) is not None]
    if not mappings or not _PAGEMAP.exists():
        return
    with _PAGEMAP.open("rb", buffering=0) as pagemap:
        for tensor in tensors:
            storage = tensor.untyped_storage()
            start, stop = storage.data_ptr(), storage.data_ptr() + storage.nbytes()
            for mapping, base in mappings:
                if base <= start < stop <= base + len(mapping):
                    _release(mapping, base, start - base, stop - base, pagemap.fileno())


def _release(mapping: mmap.mmap, base: int, start: int, stop: int, pagemap: int) -> None:
    """Give those pages of a range of bytes back that are still the file's; `base` is the mapping's address."""
    first, last = start // mmap.PAGESIZE, -(-stop // mmap.PAGESIZE)
    entries = os.pread(pagemap, 8 * (last - first), 8 * (base // mmap.PAGESIZE + first))
    kept = np.frombuffer(entries, np.uint64) & _FILES_OWN != _FILES_OWN
    turns = np.flatnonzero(np.diff(np.concatenate(([True], kept, [True])))) + first
    for begin, end in turns.reshape(-1, 2).tolist():
        mapping.madvise(mmap.MADV_DONTNEED, begin * mmap.PAGESIZE, (end - begin) * mmap.PAGESIZE)
