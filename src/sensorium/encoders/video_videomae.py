"""The video encoder of VideoMAE: tubelets of a few frames, attention over space and time together.

Tong et al. 2022 (https://arxiv.org/abs/2203.12602). A vision transformer over blocks of pixels that last two frames;
their places are fixed sines and cosines of the tubelet's number. The masking of its training is not here.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError

POSITION_BASE = 10_000.0


class VideoMaeEncoder(nn.Module):
    """Clips of one shape to rows, one per tubelet: time first, then in reading order."""

    places: Tensor

    def __init__(
        self,
        *,
        patches: nn.Conv3d,
        shape: tuple[int, int, int],
        blocks: Sequence[nn.Module],
        norm: nn.Module | None = None,
    ) -> None:
        """Build from ready parts.

        Args:
            patches: the convolution that cuts; its stride is its size. D is the number of its channels out.
            shape: frames, height and width of all clips.
            blocks: called with rows.
            norm: of the rows after the last block; None where the family goes without.
        """
        super().__init__()
        self.width = patches.out_channels
        self.shape = shape
        self.patches = patches
        cells = torch.tensor([length // step for length, step in zip(shape, patches.stride, strict=True)])
        self.register_buffer("places", tubelet_places(int(cells.prod()), self.width), persistent=False)
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm or nn.Identity()

    def forward(self, frames: Tensor) -> Tensor:
        """Encode.

        Inputs: frames: [N, F, C, height, width], normalised as the family does.

        Returns: [N, P, D].

        Raises: ConfigError for clips of another shape.
        """
        check_shape(frames, self.shape)
        cells = self.patches(frames.transpose(1, 2).to(self.patches.weight.dtype))  # [N, D, times, rows, columns]
        x = cells.flatten(2).transpose(1, 2)  # [N, P, D]
        x = x + self.places.to(x.dtype)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


def tubelet_places(count: int, width: int) -> Tensor:
    """Sine and cosine of each number in turn, from fast to slow. Returns: [count, width] fp32.

    In double precision, as checkpoints were trained with: 1568 radians in fp32 are off by 1e-4 (`nn.grid.sinusoids`).
    """
    speeds = POSITION_BASE ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(count, dtype=torch.float64).unsqueeze(-1) * speeds  # [count, width / 2]
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, :width].float()


def check_shape(frames: Tensor, shape: tuple[int, int, int]) -> None:
    """Raises: ConfigError for clips [N, F, C, height, width] of another shape than frames, height, width."""
    count, height, width = (frames.shape[axis] for axis in (1, 3, 4))
    if (count, height, width) != shape:
        raise ConfigError(
            f"Clips have {count} frames of {width}x{height} pixels; this encoder takes {shape[0]} of "
            f"{shape[2]}x{shape[1]}. Prepare clips as its checkpoint says (inputs/clips.py)."
        )
