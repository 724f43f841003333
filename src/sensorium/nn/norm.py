"""Root-mean-square norm (Zhang and Sennrich 2019), as in Llama, with the weight cast to the rows' type.

`torch.nn.RMSNorm` leaves its fused path when rows are bf16 and weights fp32, as they are in mixed precision.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class RmsNorm(nn.Module):
    """x / rms(x) * weight over the last axis."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D], in the type of `x`."""
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)
