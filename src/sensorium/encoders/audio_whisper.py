"""Whisper's encoder (Radford et al. 2022), which Qwen2-Audio has too: log-mel to rows of 20 ms."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import EngineError

STRIDE = 2
"""Frames of the mel spectrogram to a row."""


class WhisperEncoder(nn.Module):
    """Two convolutions over time, fixed places, transformer blocks, a norm."""

    def __init__(
        self, *, mel_bins: int, width: int, positions: int, blocks: Sequence[nn.Module], pool: int = 1
    ) -> None:
        """Build.

        Args:
            mel_bins: M.
            width: D of the rows, even.
            positions: rows that a whole window of hearing makes; half its frames.
            blocks: called with rows and the keyword `mask`.
            pool: rows that are averaged into one before the norm; 2 in Qwen2-Audio.
        """
        super().__init__()
        self.width = width
        self.pool = pool
        self.conv1 = nn.Conv1d(mel_bins, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=STRIDE, padding=1)
        self.positions = nn.Parameter(sinusoid_table(positions, width), requires_grad=False)
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width)

    def forward(self, mel: Tensor, *, mask: Tensor | None = None) -> Tensor:
        """Encode.

        Inputs:
            mel: [N, M, frames], at most twice as many frames as there are positions.
            mask: [N, 1, P, P], True where a row sees a row; None for all, as Whisper does, padded or not.

        Returns: [N, P / pool, D], P half the frames, rounded up; a last row that has no others to be averaged with is
        left out.

        Raises: EngineError for more frames.
        """
        frames = STRIDE * len(self.positions)
        if mel.shape[2] > frames:
            raise EngineError(f"mel: got {mel.shape[2]} frames; the encoder takes at most {frames}. Cut the sound.")
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)  # [N, P, D]
        x = x + self.positions[: x.shape[1]]
        for block in self.blocks:
            x = block(x, mask=mask)
        if self.pool > 1:
            x = F.avg_pool1d(x.transpose(1, 2), self.pool).transpose(1, 2)  # [N, P / pool, D]
        return self.norm(x)


def sinusoid_table(positions: int, width: int) -> Tensor:
    """Sines, then cosines, of places at wavelengths from 2 pi to 10,000 times that, both ends included.

    (nn/grid.sinusoids leaves out the last wavelength.) Returns: [positions, width] fp32.
    """
    half = width // 2
    rates = torch.exp(torch.arange(half) * (-math.log(10_000.0) / max(half - 1, 1)))
    angles = torch.arange(positions).unsqueeze(-1) * rates
    return torch.cat((angles.sin(), angles.cos()), dim=-1)
