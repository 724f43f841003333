"""The processes of a run: one, or several that share the draws of a step and add up what they found.

Every process makes its own draws, so no sample is prepared twice; gradients, losses and amounts are summed over all,
after which all take the same step. `torchrun --nproc-per-node 2 -m sensorium train RECIPE` starts two.
"""

import os
from collections.abc import Sequence
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor

from sensorium.core.errors import ConfigError

Gradients = list[Tensor | None]
"""One for each parameter; None for one that nothing came by."""


class Processes(Protocol):
    """Which of a step's draws a process makes, and how what the processes have is added up.

    What sums or waits, all processes call, in the same order.
    """

    rank: int
    size: int

    @property
    def leads(self) -> bool:
        """Whether this process writes what is whole, and reports."""

    def draws(self, count: int) -> range:
        """Which of a step's `count` draws are this process's."""

    def summed(self, values: Sequence[float]) -> list[float]:
        """Sums over all processes."""

    def highest(self, number: int) -> int:
        """The largest number that a process has."""

    def added(self, gradients: Gradients, like: Sequence[Tensor]) -> Gradients:
        """Sums over all processes; parameters `like` say shapes where a process has none."""

    def wait(self) -> None:
        """Until all processes are here."""


class Alone:
    """Satisfies `Processes`: there is one."""

    rank, size, leads = 0, 1, True

    def draws(self, count: int) -> range:
        """All."""
        return range(count)

    def summed(self, values: Sequence[float]) -> list[float]:
        """As they are."""
        return list(values)

    def highest(self, number: int) -> int:
        """As it is."""
        return number

    def added(self, gradients: Gradients, like: Sequence[Tensor]) -> Gradients:
        """As they are."""
        return gradients

    def wait(self) -> None:
        """For nobody."""


class Several:
    """Satisfies `Processes`: those of `torch.distributed`. Numbers are told on the CPU, so that no GPU waits."""

    def __init__(self) -> None:
        """Of a group of processes that exists."""
        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    @property
    def leads(self) -> bool:
        """The first one."""
        return self.rank == 0

    def draws(self, count: int) -> range:
        """Every so-manieth. Raises: ConfigError when processes would get unequal numbers."""
        if count % self.size:
            raise ConfigError(
                f"recipe: optimiser.accumulate is {count}, for {self.size} processes; expected a multiple, so that "
                f"each gets as many draws of a step. Set optimiser.accumulate={self.size * max(1, count // self.size)}."
            )
        return range(self.rank, count, self.size)

    def summed(self, values: Sequence[float]) -> list[float]:
        """Sums over all processes, in double precision."""
        sums = torch.tensor(list(values), dtype=torch.float64)
        dist.all_reduce(sums)
        return [float(value) for value in sums]

    def highest(self, number: int) -> int:
        """The largest number that a process has."""
        found = torch.tensor(number)
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return int(found)

    def added(self, gradients: Gradients, like: Sequence[Tensor]) -> Gradients:
        """Sums over all processes, of all gradients of one type in one piece."""
        owners = self.summed([each is not None for each in gradients])
        found: Gradients = [None] * len(like)
        places = [place for place, count in enumerate(owners) if count]
        for dtype in dict.fromkeys(like[place].dtype for place in places):
            members = [place for place in places if like[place].dtype == dtype]
            pieces = [_or_zeros(gradients[place], like[place]).reshape(-1) for place in members]
            whole = torch.cat(pieces)
            dist.all_reduce(whole)
            for place, piece in zip(members, whole.split([len(piece) for piece in pieces]), strict=True):
                found[place] = piece.view_as(like[place])
        return found

    def wait(self) -> None:
        """Until all processes are here."""
        self.highest(0)


def find_processes(device: torch.device) -> Processes:
    """Those of the environment: several where `torchrun` (or a cluster in its manner) started this one."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Alone()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    return Several()


def find_device() -> torch.device:
    """A GPU where there is one, that of this process's number among those of its machine."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def _or_zeros(gradient: Tensor | None, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if gradient is None else gradient
