"""Where a step is computed: the only place that knows how a model lies in processes, and what that asks of a step.

`Replicated`: every process has the whole model. Here, for one process as for many.
`Sharded`: every process has a piece of it (training/sharded.py).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from sensorium.training.freezing import learning
from sensorium.training.objective import Objective, Part
from sensorium.training.processes import Gradients, Processes
from sensorium.training.recipe import Recipe
from sensorium.training.sharded import Sharded

Found = TypeVar("Found")


class Strategy(Protocol):
    """How a model is held, moved by gradients, and put together again. All processes call all of it at once."""

    def place(self, objective: Objective, module: nn.Module) -> None:
        """Put all parameters of an objective, and so of its network `module`, where steps are computed."""

    def backward(self, passes: Sequence[Iterator[Part]]) -> list[float]:
        """Gradients of the sum of all losses of all processes, in the `grad` of each parameter that learns.

        None is there where no loss of any process came by: a zero would still let momentum move the weights.

        Args:
            passes: micro-batches of this process, in parts, each computed when it is asked for.

        Returns: what the log says, for each of the passes.
        """

    def look(self, work: Callable[[], Found]) -> Found:
        """Do something that computes with the parameters but takes no gradients, and waits for no other process."""

    def complete(self) -> nn.Module | None:
        """The network as it now is, whole, in the process that leads; None in all others."""


class Replicated:
    """Satisfies `Strategy`: every process has the whole model, and computes its passes side by side.

    One thread for each pass: on few cores that wastes less than splitting every small operation, and does not stall
    when another program takes a core. Gradients are added in the order of the passes, so the sum does not depend on
    which thread was first.
    """

    def __init__(self, processes: Processes, device: torch.device, precision: str, pool: ThreadPoolExecutor) -> None:
        """For these processes. Args: precision: of recipes; pool: of threads that compute."""
        self._processes = processes
        self._device = device
        self._precision = precision
        self._pool = pool
        self._parameters: list[nn.Parameter] = []
        self._module: nn.Module | None = None

    def place(self, objective: Objective, module: nn.Module) -> None:
        """On the device."""
        objective.to(self._device)
        self._parameters = [parameter for _, parameter in learning(objective)]
        self._module = module

    def backward(self, passes: Sequence[Iterator[Part]]) -> list[float]:
        """Each process's gradients, then their sum."""
        total: Gradients = [None] * len(self._parameters)
        shown = []
        for loss, gradients in self._pool.map(self._gradients, passes):
            shown.append(loss)
            total = [_sum(*pair) for pair in zip(total, gradients, strict=True)]
        for parameter, gradient in zip(self._parameters, self._processes.added(total, self._parameters), strict=True):
            parameter.grad = gradient
        return shown

    def look(self, work: Callable[[], Found]) -> Found:
        """In the run's precision."""
        with self._in_precision():
            return work()

    def complete(self) -> nn.Module | None:
        """It is."""
        return self._module if self._processes.leads else None

    def _gradients(self, parts: Iterator[Part]) -> tuple[float, Gradients]:
        """Loss of a pass and its gradients; None for parameters that it does not touch."""
        loss, gradients = 0.0, Gradients([None] * len(self._parameters))
        with self._in_precision():  # around all parts, so that weights are cast once
            for part in parts:
                loss += part.shown
                if part.loss.requires_grad:  # connectors learn nothing from a talk without media
                    found = torch.autograd.grad(part.loss, self._parameters, allow_unused=True)
                    gradients = [_sum(*pair) for pair in zip(gradients, found, strict=True)]
        return loss, gradients

    def _in_precision(self) -> AbstractContextManager[Any]:
        if self._precision == "fp32":
            return nullcontext()
        return torch.autocast(self._device.type, torch.bfloat16)


def find_strategy(recipe: Recipe, processes: Processes, device: torch.device, pool: ThreadPoolExecutor) -> Strategy:
    """That of a recipe; one process has nobody to share a model with."""
    if recipe.optimiser.strategy == "sharded" and processes.size > 1:
        return Sharded(processes, device, recipe.precision)
    return Replicated(processes, device, recipe.precision, pool)


def _sum(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second
