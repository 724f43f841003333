"""A gate: how much of what a layer makes is let through."""

import torch
from torch import Tensor, nn


class TanhGate(nn.Module):
    """x tanh(weight), one learned number for all of it.

    At 0, where it begins unless told otherwise, nothing comes through: a layer behind it changes nothing until the gate
    has learnt to open (Alayrac et al. 2022, Flamingo).
    """

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((1,), start))

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [...]. Returns: [...], in the type of `x`."""
        return x * self.weight.tanh().to(x.dtype)
