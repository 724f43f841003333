"""A vision transformer at native resolution: any height and width that its patch divides.

A convolutional stem (nn/stem.py) makes one row per 8x8 pixels; blocks see all rows of the picture. Place enters twice:
fixed sinusoids of row and column (absolute: "top left") and 2-D rotary (relative: "left of"), so no table of positions
ties the encoder to a size. Dosovitskiy et al. 2020, with positions as in Qwen2-VL.
"""

from torch import Tensor, nn

from sensorium.nn.block import encoder_block
from sensorium.nn.grid import grid_positions, sinusoids
from sensorium.nn.rotary import rotation
from sensorium.nn.stem import ConvStem

POSITION_BASE = 100.0


class NativeVisionEncoder(nn.Module):
    """Pictures of one shape to rows, one per patch."""

    patch = 8

    def __init__(self, *, width: int, layers: int, heads: int, hidden: int, stem: tuple[int, int]) -> None:
        """Build.

        Args:
            width: D of the rows, divisible by 4 (two axes, sine and cosine).
            layers, heads, hidden: of the transformer blocks; the head width is divisible by 4 too.
            stem: channels of the first two of the stem's three stages; the last has `width`.
        """
        super().__init__()
        self.width = width
        self.head_width = width // heads
        self.stem = ConvStem((3, *stem, width), ((2, 2),) * 3)
        self.blocks = nn.ModuleList(encoder_block(width, heads, hidden) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, pixels: Tensor) -> Tensor:
        """Encode.

        Inputs: pixels: [N, 3, height, width] in -1..1, sides divisible by 8.

        Returns: [N, P, D], P = height/8 * width/8 in reading order.
        """
        grid = self.stem(pixels)  # [N, D, rows, columns]
        places = grid_positions(grid.shape[2], grid.shape[3], device=grid.device)
        x = grid.flatten(2).transpose(1, 2)  # [N, P, D]
        x = x + sinusoids(places, self.width, base=POSITION_BASE).to(x.dtype)
        turn = rotation(places, self.head_width, base=POSITION_BASE)
        for block in self.blocks:
            x = block(x, turn)
        return self.norm(x)
