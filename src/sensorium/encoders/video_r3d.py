"""The video encoder R3D: a residual network of 3x3x3 convolutions over time and space.

Tran et al. 2018 (https://arxiv.org/abs/1711.11248). The first stage keeps time as it is, each later one halves time,
height and width.
"""

from itertools import pairwise
from typing import Self

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

Three = tuple[int, int, int]


class ConvNorm3d(nn.Module):
    """A convolution without bias and a batch norm."""

    def __init__(self, channels_in: int, channels_out: int, size: Three, stride: Three = (1, 1, 1)) -> None:
        super().__init__()
        padding = (size[0] // 2, size[1] // 2, size[2] // 2)
        self.conv = nn.Conv3d(channels_in, channels_out, size, stride=stride, padding=padding, bias=False)
        self.norm = nn.BatchNorm3d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, C, F, rows, columns]. Returns: [N, C out, the others divided by the stride, rounded up]."""
        return self.norm(self.conv(x))


class ResidualBlock3d(nn.Module):
    """Two convolutions beside a shortcut, which is a projection where the shape changes."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        steps = (stride, stride, stride)
        self.first = ConvNorm3d(channels_in, channels_out, (3, 3, 3), steps)
        self.second = ConvNorm3d(channels_out, channels_out, (3, 3, 3))
        changes = stride != 1 or channels_in != channels_out
        self.shortcut = ConvNorm3d(channels_in, channels_out, (1, 1, 1), steps) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, C, F, rows, columns]. Returns: [N, C out, the others divided by the stride, rounded up]."""
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class R3dEncoder(nn.Module):
    """Clips of any one shape to rows, one per cell of the last stage: time first, then in reading order."""

    def __init__(self, *, channels: tuple[int, ...], depths: tuple[int, ...]) -> None:
        """Build.

        Args:
            channels: of each stage; the last is D, the first is the stem's too.
            depths: blocks of each stage.
        """
        super().__init__()
        self.width = channels[-1]
        self.stem = ConvNorm3d(3, channels[0], (3, 7, 7), (1, 2, 2))
        stages = zip(pairwise((channels[0], *channels)), depths, strict=True)
        self.stages = nn.ModuleList(
            _stage(*ends, depth, stride=1 if number == 0 else 2) for number, (ends, depth) in enumerate(stages)
        )
        self.train()

    def forward(self, frames: Tensor) -> Tensor:
        """Encode.

        Inputs: frames: [N, F, 3, height, width], normalised as the family does.

        Returns: [N, S, D], S = F/8 * height/16 * width/16 with four stages, each rounded up.
        """
        x = F.relu(self.stem(frames.transpose(1, 2).to(self.stem.conv.weight.dtype)))  # [N, C, F, rows, columns]
        for stage in self.stages:
            x = stage(x)
        return x.flatten(2).transpose(1, 2)

    def train(self, mode: bool = True) -> Self:
        """As of any module, but the batch norms keep to the checkpoint's statistics: clips do not mix in a batch."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.eval()
        return self


def _stage(channels_in: int, channels_out: int, depth: int, *, stride: int) -> nn.Sequential:
    """Blocks, the first of which changes the shape."""
    first = ResidualBlock3d(channels_in, channels_out, stride)
    return nn.Sequential(first, *(ResidualBlock3d(channels_out, channels_out, 1) for _ in range(depth - 1)))
