"""The running mean of the weights that are trained: it is what is validated and kept."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """A mean of a module's trained parameters over the steps, which forgets by and by."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        """Begin with the weights as they are; `decay` is the share that is kept at each step."""
        self.decay = decay
        self._live = {name: each for name, each in module.named_parameters() if each.requires_grad}
        self.weights: dict[str, Tensor] = {name: each.detach().clone() for name, each in self._live.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take the weights of a step (from 0) in; young averages forget faster."""
        keep = min(self.decay, (step + 1) / (step + 10))
        for name, value in self._live.items():
            self.weights[name].lerp_(value, 1.0 - keep)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """While it lasts, the module has the mean as its weights."""
        own = {name: each.detach().clone() for name, each in self._live.items()}
        self._fill(self.weights)
        try:
            yield
        finally:
            self._fill(own)

    @torch.no_grad()
    def _fill(self, weights: dict[str, Tensor]) -> None:
        for name, value in self._live.items():
            value.copy_(weights[name])
