"""Gated fusion of features: how much each modality counts is learned, and depends on what they say.

The gated multimodal unit (Arevalo et al. 2017). For two modalities ours is the paper's; for more, the paper gives each
a gate between 0 and 1 of its own, and ours has all gates of a feature sum to 1, so that they can be read as shares and
those of an absent modality go to the others. Cross-attention with gates: middle.py.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sensorium.fusion.presence import Fused, blanked, shares


class GatedMultimodalUnit(nn.Module):
    """sum over modalities of gate * tanh(linear(features)), a gate for each number of the features out."""

    def __init__(self, *, widths: Mapping[str, int], out: int) -> None:
        """Build. Args: widths: D of each modality's features; out: of the features out."""
        super().__init__()
        self.modalities = tuple(widths)
        self.features = nn.ModuleDict({name: nn.Linear(width, out) for name, width in widths.items()})
        self.gates = nn.Linear(sum(widths.values()), out * len(widths))

    def forward(self, features: Mapping[str, Tensor], present: Tensor | None = None) -> Fused:
        """Fuse vectors, or rows that lie side by side.

        Inputs: features: per modality [..., D]; present: [..., M], True where it is there; None for all.

        Returns: [..., out], and weights [..., M]: the mean gates of each modality. Zeros where nothing is present.
        """
        given = blanked(features, self.modalities, present)
        made = [self.features[name](each).tanh() for name, each in zip(self.modalities, given, strict=True)]
        scores = self.gates(torch.cat(given, dim=-1)).unflatten(-1, (-1, len(given)))  # [..., out, M]
        gates = shares(scores, None if present is None else present.unsqueeze(-2))
        values = (gates * torch.stack(made, dim=-1)).sum(dim=-1)
        return Fused(values, gates.mean(dim=-2))
