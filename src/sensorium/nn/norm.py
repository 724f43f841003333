"""Root-mean-square norms (Zhang and Sennrich 2019): that of Llama, and that of Gemma.

`torch.nn.RMSNorm` leaves its fused path when rows are bf16 and weights fp32, as they are in mixed precision.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class RmsNorm(nn.Module):
    """x / rms(x) * weight over the last axis, as in Llama, with the weight cast to the rows' type."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D], in the type of `x`."""
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


class CentredRmsNorm(nn.Module):
    """x / rms(x) * (1 + weight) over the last axis, as in Gemma; in fp32, since 1 + weight needs the digits."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D], in the type of `x`."""
        return F.rms_norm(x.float(), (x.shape[-1],), 1.0 + self.weight.float(), self.eps).type_as(x)
