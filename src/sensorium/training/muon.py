"""Muon for matrices that several processes hold in pieces.

Momentum is kept as the matrix is, in pieces. The step needs the whole matrix at once, to make its rows orthogonal; so
each process puts it together, finds the same step, and takes its own rows of it.
"""

import torch
from torch import Tensor, nn

from sensorium.training.shards import own, rows_of, whole


class ShardedMuon(torch.optim.Optimizer):
    """`torch.optim.Muon` with its usual momentum, for matrices in pieces."""

    def __init__(self, matrices: list[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        """Args: as of `torch.optim.Muon`."""
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": 0.95})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient. All processes must call this at once."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(matrix.grad)
                momentum = state["momentum_buffer"]
                own(momentum).lerp_(own(matrix.grad), 1 - group["momentum"])
                ahead = torch.lerp(matrix.grad, momentum, group["momentum"])
                own(matrix).mul_(1 - group["lr"] * group["weight_decay"])
                own(matrix).add_(rows_of(_orthogonal(whole(ahead), group["lr"]), matrix))


def _orthogonal(direction: Tensor, rate: float) -> Tensor:
    """The step of Muon that goes this way, without momentum of its own: [D out, D]."""
    step = nn.Parameter(torch.zeros_like(direction))
    step.grad = direction
    torch.optim.Muon([step], lr=rate, weight_decay=0.0, momentum=0.0, nesterov=False).step()
    return step.detach()
