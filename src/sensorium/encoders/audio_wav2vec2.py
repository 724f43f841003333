"""wav2vec 2.0 (Baevski et al. 2020): samples through convolutions to rows of 20 ms, and a transformer over them.

Two forms: the base one norms its first convolution over time and its blocks behind each part; the large one norms every
convolution over channels and its blocks before each part. No mask: sounds of one length are encoded together, so none
is padded. (The base form does not know padding in the reference either.)
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import EngineError
from sensorium.nn.activation import activation as function_named
from sensorium.nn.attention import Attention
from sensorium.nn.mlp import Mlp


class ChannelNorm(nn.Module):
    """A layer norm over the channels of every place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, C, T]. Returns: [N, C, T]."""
        return F.layer_norm(x.transpose(1, 2), self.weight.shape, self.weight, self.bias).transpose(1, 2)


class SoundConv(nn.Module):
    """A convolution without padding, a norm if there is one, an activation."""

    def __init__(self, conv: nn.Conv1d, *, norm: nn.Module | None, activation: str) -> None:
        """Build from ready parts."""
        super().__init__()
        self.conv = conv
        self.norm = norm or nn.Identity()
        self.activation = function_named(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, C, T]. Returns: [N, C out, (T - kernel) / stride + 1]."""
        return self.activation(self.norm(self.conv(x)))


class PlaceConv(nn.Module):
    """Where a row is, told by its neighbours: a wide grouped convolution, whose weight is a direction and a length.

    (Weight norm, Salimans and Kingma 2016, one length for each place of the kernel.)
    """

    def __init__(self, width: int, *, kernel: int, groups: int, activation: str) -> None:
        super().__init__()
        self.groups = groups
        self.direction = nn.Parameter(nn.init.normal_(torch.empty(width, width // groups, kernel), std=0.05))
        self.length = nn.Parameter(nn.init.ones_(torch.empty(1, 1, kernel)))
        self.bias = nn.Parameter(nn.init.zeros_(torch.empty(width)))
        self.activation = function_named(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, S, D]. Returns: [N, S, D]."""
        kernel = self.direction.shape[2]
        weight = self.direction * (self.length / self.direction.norm(dim=(0, 1), keepdim=True))
        places = F.conv1d(x.transpose(1, 2), weight, self.bias, padding=kernel // 2, groups=self.groups)
        return self.activation(places[:, :, : x.shape[1]].transpose(1, 2))  # an even kernel makes one too many


class PostNormBlock(nn.Module):
    """norm(x + attention(x)), then norm(x + mlp(x)), as in the first transformers."""

    def __init__(self, width: int, heads: int, hidden: int, *, activation: str, eps: float) -> None:
        super().__init__()
        self.attention = Attention(width=width, heads=heads, bias=True, out_bias=True)
        self.attention_norm = nn.LayerNorm(width, eps=eps)
        self.mlp = Mlp(width, hidden, activation=activation)
        self.mlp_norm = nn.LayerNorm(width, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, S, D]. Returns: [N, S, D]."""
        x = self.attention_norm(x + self.attention(x))
        return self.mlp_norm(x + self.mlp(x))


class Wav2Vec2Encoder(nn.Module):
    """Sounds of one length to rows, one for each `stride` samples."""

    def __init__(
        self,
        *,
        convolutions: Sequence[SoundConv],
        project_norm: nn.LayerNorm,
        places: PlaceConv,
        blocks: Sequence[nn.Module],
        norm: nn.LayerNorm,
        norm_last: bool,
    ) -> None:
        """Build from ready parts.

        Args:
            convolutions: the first takes one channel.
            project_norm: of the last one's channels, before they are brought to the width.
            places: added to the rows.
            blocks: called with rows.
            norm: of the width.
            norm_last: behind the blocks, instead of before them.
        """
        super().__init__()
        self.width = places.bias.shape[0]
        self.convolutions = nn.ModuleList(convolutions)
        self.project_norm = project_norm
        self.project = nn.Linear(project_norm.normalized_shape[0], self.width)
        self.places = places
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm
        self.norm_last = norm_last
        self.stride, self.reach = 1, 1
        for each in convolutions:
            self.reach += (each.conv.kernel_size[0] - 1) * self.stride
            self.stride *= each.conv.stride[0]

    def rows(self, samples: int) -> int:
        """How many rows so many samples make: each looks at `reach` of them."""
        return max(0, (samples - self.reach) // self.stride + 1)

    def forward(self, samples: Tensor) -> Tensor:
        """Encode.

        Inputs: samples: [N, T], prepared as the checkpoint says, T at least `reach`.

        Returns: [N, S, D], S as `rows` tells.

        Raises: EngineError for fewer samples.
        """
        if samples.shape[1] < self.reach:
            raise EngineError(
                f"wav2vec 2.0: got {samples.shape[1]} samples; the encoder takes at least {self.reach}. Pad the sound."
            )
        x = samples.unsqueeze(1)
        for conv in self.convolutions:
            x = conv(x)
        x = self.project(self.project_norm(x.transpose(1, 2)))  # [N, S, D]
        x = x + self.places(x)
        if not self.norm_last:
            x = self.norm(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x) if self.norm_last else x
