"""An audio transformer on log-mel frames: a 2-D convolutional stem, then blocks over time.

Whisper's plan (Radford et al. 2022), with two differences: the stem sees time and frequency as a picture, so that a
pattern shifted in pitch is the same pattern (AST, Gong et al. 2021), and positions are rotary, so any length goes.
"""

import torch
from torch import Tensor, nn

from sensorium.nn.block import encoder_block
from sensorium.nn.rotary import rotation
from sensorium.nn.stem import ConvStem

POSITION_BASE = 1000.0


class MelAudioEncoder(nn.Module):
    """Log-mel of one length to rows, one per four frames (40 ms)."""

    stride = 4

    def __init__(
        self, *, mel_bins: int, width: int, layers: int, heads: int, hidden: int, stem: tuple[int, int, int]
    ) -> None:
        """Build.

        Args:
            mel_bins: M, divisible by 8.
            width: D of the rows.
            layers, heads, hidden: of the transformer blocks; the head width is even.
            stem: channels of the three stages.
        """
        super().__init__()
        self.width = width
        self.head_width = width // heads
        self.stem = ConvStem((1, *stem), ((2, 2), (2, 2), (2, 1)))
        self.project = nn.Linear(stem[-1] * mel_bins // 8, width)
        self.blocks = nn.ModuleList(encoder_block(width, heads, hidden) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, mel: Tensor) -> Tensor:
        """Encode.

        Inputs: mel: [N, M, frames], frames divisible by 4.

        Returns: [N, frames/4, D].
        """
        grid = self.stem(mel.unsqueeze(1))  # [N, C, M/8, frames/4]
        x = self.project(grid.flatten(1, 2).transpose(1, 2))  # [N, frames/4, D]
        places = torch.arange(x.shape[1], device=x.device, dtype=torch.float32).unsqueeze(-1)
        turn = rotation(places, self.head_width, base=POSITION_BASE)
        for block in self.blocks:
            x = block(x, turn)
        return self.norm(x)
