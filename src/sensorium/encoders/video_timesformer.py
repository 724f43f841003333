"""The video encoder of TimeSformer: attention over time and over space in turn.

Bertasius et al. 2021 (https://arxiv.org/abs/2102.05095), "divided space-time attention". A patch looks at the same
place in the other frames, then at the other places of its own frame: F + P products a row in place of F P.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sensorium.encoders.video_videomae import check_shape
from sensorium.encoders.vision_tower import PositionTable


class DividedBlock(nn.Module):
    """Over time, over space, then the MLP, each with its norm before and added to what was there.

    The class token is no part of time. In space each frame sees a copy of it, and the mean of what the copies take in
    is added to the token.
    """

    def __init__(
        self,
        *,
        time_norm: nn.Module,
        time_attention: nn.Module,
        time_out: nn.Module,
        attention_norm: nn.Module,
        attention: nn.Module,
        mlp_norm: nn.Module,
        mlp: nn.Module,
    ) -> None:
        """Build from ready parts; `time_out` is one more projection, behind that of `time_attention`."""
        super().__init__()
        self.time_norm = time_norm
        self.time_attention = time_attention
        self.time_out = time_out
        self.attention_norm = attention_norm
        self.attention = attention
        self.mlp_norm = mlp_norm
        self.mlp = mlp

    def forward(self, x: Tensor, *, frames: int) -> Tensor:
        """Mix rows.

        Inputs: x: [N, 1 + P F, D], the class token, then all frames of the first place, and so on; frames: F.

        Returns: the same shape.
        """
        token, patches = x[:, :1], x[:, 1:].unflatten(1, (-1, frames))  # [N, 1, D], [N, P, F, D]
        over_time = self.time_attention(self.time_norm(patches.flatten(0, 1)))  # [N P, F, D]
        patches = patches + self.time_out(over_time).view_as(patches)
        copies = token.unsqueeze(1).expand(-1, frames, -1, -1)
        pictures = torch.cat((copies, patches.transpose(1, 2)), dim=2)  # [N, F, 1 + P, D]
        over_space = self.attention(self.attention_norm(pictures.flatten(0, 1))).view_as(pictures)
        token = token + over_space[:, :, 0].mean(dim=1, keepdim=True)
        patches = patches + over_space[:, :, 1:].transpose(1, 2)
        x = torch.cat((token, patches.flatten(1, 2)), dim=1)
        return x + self.mlp(self.mlp_norm(x))


class TimesformerEncoder(nn.Module):
    """Clips of one shape to rows: the class token's, then all frames of the first place, of the second, and so on."""

    def __init__(
        self,
        *,
        patches: nn.Conv2d,
        frames: int,
        side: int,
        blocks: Sequence[nn.Module],
        norm: nn.Module,
    ) -> None:
        """Build from ready parts.

        Args:
            patches: the convolution that cuts a frame; its stride is its size. D is the number of its channels out.
            frames: F.
            side: of the square frames, in pixels.
            blocks: called with rows and the keyword `frames`.
            norm: of the rows after the last block.
        """
        super().__init__()
        self.width = patches.out_channels
        self.shape = (frames, side, side)
        self.patches = patches
        self.class_token = nn.Parameter(nn.init.normal_(torch.empty(self.width), std=0.02))
        self.positions = PositionTable(side=side // int(patches.stride[0]), width=self.width, class_token=True)
        self.times = nn.Parameter(nn.init.normal_(torch.empty(frames, self.width), std=0.02))
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm

    def forward(self, frames: Tensor) -> Tensor:
        """Encode.

        Inputs: frames: [N, F, C, side, side], normalised as the family does.

        Returns: [N, 1 + P F, D].

        Raises: ConfigError for clips of another shape.
        """
        check_shape(frames, self.shape)
        items, count = frames.shape[:2]
        grid = self.patches(frames.flatten(0, 1).to(self.patches.weight.dtype))  # [N F, D, rows, columns]
        places = self.positions(*grid.shape[2:])  # [1 + P, D]
        patches = grid.flatten(2).transpose(1, 2) + places[1:]
        patches = patches.unflatten(0, (items, count)).transpose(1, 2) + self.times  # [N, P, F, D]
        token = (self.class_token + places[0]).expand(items, 1, -1)
        x = torch.cat((token, patches.flatten(1, 2)), dim=1)
        for block in self.blocks:
            x = block(x, frames=count)
        return self.norm(x)
