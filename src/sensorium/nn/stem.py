"""Convolutional stem: what turns a grid of samples into a coarser grid of features before a transformer.

Xiao et al. 2021 ("Early convolutions help transformers see better"): stride-2 convolutions instead of one large
patch projection; small data needs their locality. A residual 3x3 pair after each stride but the last adds depth where
it is cheap.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class ConvNorm(nn.Module):
    """3x3 convolution and a norm over channels in groups (independent of the other items of a batch)."""

    def __init__(self, channels_in: int, channels_out: int, stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.GroupNorm(max(1, channels_out // 16), channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, C, rows, columns]. Returns: [N, C out, rows / stride, columns / stride]."""
        return self.norm(self.conv(x))


class Stage(nn.Module):
    """One stride, then a residual pair of convolutions at the new resolution."""

    def __init__(self, channels_in: int, channels_out: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.shrink = ConvNorm(channels_in, channels_out, stride)
        self.first = ConvNorm(channels_out, channels_out)
        self.second = ConvNorm(channels_out, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, C, rows, columns]. Returns: [N, C out, rows / stride, columns / stride]."""
        x = F.gelu(self.shrink(x))
        return F.gelu(x + self.second(F.gelu(self.first(x))))


class ConvStem(nn.Module):
    """Stages in a row, then a last stride to the transformer's width; the total stride is the product of all."""

    def __init__(self, channels: tuple[int, ...], strides: tuple[tuple[int, int], ...]) -> None:
        """Build.

        Args:
            channels: of the input, then of each stage: one more than `strides`.
            strides: (rows, columns) of each stage. The last one is a stride alone: at full width a pair of convolutions
                costs more than a transformer block, which comes next anyway.
        """
        super().__init__()
        *ends, last = pairwise(channels)
        self.stages = nn.Sequential(
            *(Stage(*each, stride) for each, stride in zip(ends, strides[:-1], strict=True)),
            ConvNorm(*last, strides[-1]),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, C, rows, columns]. Returns: [N, last channels, rows / total, columns / total]."""
        return self.stages(x)
