"""A video encoder over tubelets: pairs of frames cut into patches, attention over space and time together.

ViViT (Arnab et al. 2021) and VideoMAE (Tong et al. 2022) with a convolutional stem per frame. Time enters as the
seconds at which frames are shown, not as their number, so variable and low frame rates mean what they show.
"""

import torch
from torch import Tensor, nn

from sensorium.nn.block import encoder_block
from sensorium.nn.grid import grid_positions, sinusoids
from sensorium.nn.rotary import rotation
from sensorium.nn.stem import ConvStem

POSITION_BASE = 100.0
TICKS_PER_SECOND = 8.0
"""One step of the time axis is an eighth of a second, near the spacing of sampled frames."""


class TubeletVideoEncoder(nn.Module):
    """Clips of one shape to rows, one per tubelet of 2 frames x 16 x 16 pixels."""

    patch = 16
    tubelet = 2

    def __init__(self, *, width: int, layers: int, heads: int, hidden: int, stem: tuple[int, int, int]) -> None:
        """Build.

        Args:
            width: D of the rows, divisible by 6 (three axes, sine and cosine).
            layers, heads, hidden: of the transformer blocks; the head width is divisible by 6 too.
            stem: channels of the first three of the stem's four stages; the last has `width`.
        """
        super().__init__()
        self.width = width
        self.head_width = width // heads
        self.stem = ConvStem((3, *stem, width), ((2, 2),) * 4)
        self.join = nn.Linear(self.tubelet * width, width)
        self.blocks = nn.ModuleList(encoder_block(width, heads, hidden) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, frames: Tensor, times: Tensor) -> Tensor:
        """Encode.

        Inputs:
            frames: [N, F, 3, height, width] in -1..1, F even, sides divisible by 16.
            times: [N, F] seconds from the start of the clip.

        Returns: [N, P, D], P = F/2 * height/16 * width/16, time first.
        """
        items, count = frames.shape[:2]
        grid = self.stem(frames.flatten(0, 1))  # [N*F, D, rows, columns]
        rows, columns = grid.shape[2:]
        tubes = grid.view(items, count // self.tubelet, self.tubelet, self.width, rows, columns)
        x = self.join(tubes.permute(0, 1, 4, 5, 2, 3).flatten(4).flatten(1, 3))  # [N, P, D]
        places = self._places(times, rows, columns)
        x = x + sinusoids(places, self.width, base=POSITION_BASE).to(x.dtype)
        turn = rotation(places, self.head_width, base=POSITION_BASE)
        for block in self.blocks:
            x = block(x, turn)
        return self.norm(x)

    def _places(self, times: Tensor, rows: int, columns: int) -> Tensor:
        """Ticks, row and column of every tubelet. Inputs: times: [N, F]. Returns: [N, P, 3]."""
        ticks = times.float().unflatten(1, (-1, self.tubelet)).mean(dim=2) * TICKS_PER_SECOND  # [N, F/2]
        ticks = ticks.repeat_interleave(rows * columns, dim=1)  # [N, P]
        space = grid_positions(rows, columns, device=times.device).repeat(times.shape[1] // self.tubelet, 1)  # [P, 2]
        return torch.cat((ticks.unsqueeze(-1), space.expand(len(times), -1, -1)), dim=-1)
