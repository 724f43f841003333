"""The numbers of a checkpoint into a module: strict, shard by shard, with little more memory than the weights take.

Numbers go from the file to their place piece by piece. Tensors that need no change are looked at, but not copied: the
parameter lies in the file's pages, which take memory once they are used, and what is written to it stays here.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.faults import summary
from sensorium.weights.format import DTYPES, LARGE_PIECE, Stored, pieces
from sensorium.weights.keymap import KeyMap, Step
from sensorium.weights.pages import give_back
from sensorium.weights.suspects import Odd, suspects

_BITS = {
    torch.bfloat16: (torch.int16, np.uint16, 0x7F80),
    torch.float16: (torch.int16, np.uint16, 0x7C00),
    torch.float32: (torch.int32, np.uint32, 0x7F80_0000),
    torch.float64: (torch.int64, np.uint64, 0x7FF0_0000_0000_0000),
}
"""Integers of the same bits, signed and unsigned, and the bits of infinity: none of a finite number are above them.

Those of NaN are. A sign is the highest bit: as signed integers numbers with one are negative, as unsigned ones largest.
"""

_THREADS = min(4, os.cpu_count() or 1)
"""More wait for each other."""

DtypeOf = Callable[[torch.dtype, torch.dtype], torch.dtype]
"""The type that a floating tensor gets, from its type in the checkpoint and in the module."""


@dataclass(frozen=True)
class LoadReport:
    """What was loaded."""

    tensors: int
    """Tensors of ours that were filled, tied ones counted once."""
    bytes: int
    """Memory that they take."""
    mapped: int
    """Bytes of these that lie in the file's pages, not in memory of their own."""
    dtypes: tuple[torch.dtype, ...]
    dropped: tuple[str, ...]
    """Names of the checkpoint that its key map has no use for."""


def fill_module(module: nn.Module, checkpoint: Checkpoint, keymap: KeyMap, *, dtype: DtypeOf) -> LoadReport:
    """Fill every parameter and buffer of a module's state; `loading.load_checkpoint` says more.

    Raises: CheckpointError with all faults, the first by name; the module is then as it was.
    """
    ours: dict[str, Tensor] = module.state_dict(keep_vars=True)
    match = keymap.match(checkpoint.names, ours)
    firsts = first_names(ours)
    filled = {firsts[name] for name in match.plan}
    reading = _Reading(checkpoint, dtype)
    made: dict[str, _Made] = {}
    with torch.no_grad():
        for name, making in sorted(match.plan.items(), key=lambda each: _place(checkpoint, each[1])):
            for step in (making, *making.also):
                new = reading.take(step, ours[name], made.get(firsts[name]))
                made |= {firsts[name]: new} if new else {}
        reading.finish()
    faults = match.faults(but=(name for name in ours if firsts[name] in filled)) + reading.faults
    if faults:
        raise CheckpointError(
            f"{checkpoint.path}: weights and config do not agree: {summary(faults)}."
            f"{suspects(checkpoint.path, reading.odd)} Use the files of one model together, or fetch it again."
        )
    values = {name: each.value for name, each in made.items()}
    for name, value in values.items():
        ours[name].data = value
    return LoadReport(
        tensors=len(values),
        bytes=sum(each.nbytes for each in values.values()),
        mapped=reading.mapped,
        dtypes=tuple(dict.fromkeys(each.dtype for each in values.values())),
        dropped=match.dropped,
    )


def first_names(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Each name to the first one of the same tensor: tied tensors have several."""
    firsts: dict[int, str] = {}
    return {name: firsts.setdefault(id(tensor), name) for name, tensor in tensors.items()}


class _Made(NamedTuple):
    """A value, and the step that made it."""

    value: Tensor
    step: Step


class _Job(NamedTuple):
    """What is to be read: the numbers that a step takes of a tensor, and where they belong, if they do not stay."""

    step: Step
    name: str
    target: Tensor | None


class _Reading:
    """Tensors of one checkpoint, made by their steps; faults are gathered.

    Places are made at once, and filled by several threads when all of them are known: most of the time is the system's,
    which copies bytes and clears memory.
    """

    def __init__(self, checkpoint: Checkpoint, dtype: DtypeOf) -> None:
        self.faults: list[str] = []
        self.odd = Odd()
        self.mapped = 0
        self._checkpoint = checkpoint
        self._reader = checkpoint.reader()
        self._dtype = dtype
        self._jobs: list[_Job] = []

    def take(self, step: Step, ours: Tensor, earlier: _Made | None) -> _Made | None:
        """The new value for `ours`, or the earlier one, which then must have the same numbers; None after a fault."""
        faults = self._misfits(step, ours)
        self.faults += faults
        if faults:
            return earlier
        if earlier:
            self._compare(step, earlier)
            return earlier
        return _Made(self._value(step, ours), step)

    def finish(self) -> None:
        """Read all that has been put off. Raises: CheckpointError when the files can no longer be read."""
        jobs, threads, self._jobs = iter(self._jobs), min(_THREADS, len(self._jobs)), []
        with ThreadPoolExecutor(_THREADS) as pool:
            for done in [pool.submit(self._work, jobs, torch.is_inference_mode_enabled()) for _ in range(threads)]:
                done.result()

    def _work(self, jobs: Iterator[_Job], inference: bool) -> None:
        """Take one job after another, until none is left, in the mode of whoever loads: modes are of one thread."""
        with torch.inference_mode(inference):
            for step, name, target in jobs:
                self._check(step, name, target)

    def _value(self, step: Step, ours: Tensor) -> Tensor:
        """What a step makes: in the file's pages if that can be, else in memory of its own."""
        stored = self._checkpoint.dtype(next(filter(None, step.sources)))
        dtype = self._dtype(stored, ours.dtype) if stored.is_floating_point else stored
        if stored == dtype and ours.device.type == "cpu" and step.rule.op in ("rename", "rows", "reshape"):
            theirs = self._reader.tensor(step.sources[0])
            theirs = theirs[slice(*_rows(step))] if step.rule.op == "rows" else theirs
            self._jobs.append(_Job(step, step.sources[0], None))
            self.mapped += theirs.nbytes
            return theirs.view(ours.shape)
        value = torch.empty(ours.shape, dtype=dtype, device=ours.device)
        for name, part in zip(step.sources, step.rule.theirs_of(value), strict=True):
            if name:
                self._jobs.append(_Job(step, name, part))
                self._reader.set_aside(name)
            else:
                part.zero_()
        return value

    def _misfits(self, step: Step, ours: Tensor) -> list[str]:
        """Names, types and shapes that are not as our tensor needs them; nothing is read."""
        if wrong := step.rule.misfit(tuple(ours.shape)):
            return [f"{step.rule.ours}: {wrong}"]
        faults = []
        for name, part in zip(step.sources, step.rule.theirs_of(ours), strict=True):
            if not name:
                continue
            stored = self._checkpoint.tensors[name]
            expected = (step.rule.sizes[2], *part.shape[1:]) if step.rule.op == "rows" else tuple(part.shape)
            if stored.shape != expected:
                faults.append(f"{name} has shape {list(stored.shape)}, not {list(expected)}")
                self.odd.update(pair for pair in zip(expected, stored.shape, strict=False) if pair[0] != pair[1])
            dtype = DTYPES.get(stored.dtype)
            if ours.is_floating_point():
                if dtype is None or not dtype.is_floating_point:
                    faults.append(f"{name} is of type {stored.dtype}, not F32, BF16 or F16")
            elif dtype != ours.dtype:
                faults.append(f"{name} is of type {stored.dtype}, not {str(ours.dtype).removeprefix('torch.')}")
        return faults

    def _check(self, step: Step, name: str, target: Tensor | None) -> None:
        """See that the numbers which a step takes of a tensor are finite, and bring them to a `target`."""
        stored = self._checkpoint.tensors[name]
        if target is None or _takes(target, stored):
            for _, numbers in pieces(stored, *_rows(step), into=target, size=LARGE_PIECE):
                if numbers.is_floating_point() and not all_finite(numbers):
                    self.faults.append(f"{name} has numbers that are not finite")
                    return
            return
        for where, numbers in pieces(stored, *_rows(step)):
            cast = numbers.to(target.dtype)
            if cast.is_floating_point() and not all_finite(cast):
                what = f"are too large for {cast.dtype}" if all_finite(numbers) else "are not finite"
                self.faults.append(f"{name} has numbers that {what}")
                return
            target[where].copy_(cast)

    def _compare(self, step: Step, made: _Made) -> None:
        """See that another spelling, or a tied tensor, has the same numbers."""
        self.finish()
        for name, part in zip(step.sources, step.rule.theirs_of(made.value), strict=True):
            if not name:
                continue
            for where, numbers in pieces(self._checkpoint.tensors[name], *_rows(step)):
                place = part[where]
                if not torch.equal(numbers.to(place), place):
                    other = ", ".join(filter(None, made.step.sources))
                    self.faults.append(f"{name} and {other} differ, but are one tensor in this model")
                    break
        give_back([made.value])


def _rows(step: Step) -> tuple[int, int | None]:
    """The rows of theirs that a step takes."""
    return (step.rule.sizes[0], step.rule.sizes[1]) if step.rule.op == "rows" else (0, None)


def _takes(target: Tensor, stored: Stored) -> bool:
    """Whether the bytes of a file are those of a `target`, so that they can be read into it."""
    return target.dtype == DTYPES[stored.dtype] and target.device.type == "cpu" and target.is_contiguous()


def all_finite(numbers: Tensor) -> bool:
    """Whether there is no infinity and no NaN: many times as fast as `isfinite`, and without memory of its own."""
    if numbers.numel() and numbers.device.type == "cpu" and numbers.dtype in _BITS:
        signed, unsigned, infinity = _BITS[numbers.dtype]
        bits = numbers.detach().contiguous().view(signed).numpy()
        return bool(bits.max() < infinity and bits.view(unsigned).max() < infinity + (1 << bits.itemsize * 8 - 1))
    if isfinite(numbers.sum()):
        return True
    return bool(torch.stack(numbers.aminmax()).isfinite().all())  # a sum of large numbers may be infinite


def _place(checkpoint: Checkpoint, step: Step) -> tuple[str, int]:
    """Where a step begins to read: steps in this order go through one shard after another."""
    stored = checkpoint.tensors[next(name for name in step.sources if name)]
    return str(stored.path), stored.start
