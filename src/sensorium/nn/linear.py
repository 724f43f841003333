"""Linear layers that are quick for one row, which is what decoding asks of them.

On a CPU with AVX-512, PyTorch hands bf16 products to oneDNN, whose way through a large matrix is made for many rows.
For one row PyTorch's own loop reads the weights at twice the pace, with sums in fp32 as well (docs/decisions.md).
"""

from threading import Lock

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_WITHOUT_ONEDNN = Lock()
"""Held while oneDNN is off, which it is for the whole process: whoever comes next finds the switch as it was."""


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Product of rows and a weight, as `torch.nn.functional.linear`.

    Products of other threads that begin while that of a single row runs do without oneDNN too, and are slower.

    Inputs: x: [..., D]; weight: [D out, D]; bias: [D out]. Returns: [..., D out].
    """
    if x.dtype != torch.bfloat16 or x.device.type != "cpu" or x.numel() != x.shape[-1]:
        return F.linear(x, weight, bias)
    switch = torch.backends.mkldnn
    with _WITHOUT_ONEDNN:
        before = switch.enabled
        switch.enabled = False  # type: ignore[assignment]  # a property that takes bool
        try:
            return F.linear(x, weight, bias)
        finally:
            switch.enabled = before


class Linear(nn.Linear):
    """`torch.nn.Linear`, to all who look for one, that multiplies by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D out]."""
        return linear(x, self.weight, self.bias)
