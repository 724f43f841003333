"""Token embeddings that are scaled, as in Gemma."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class ScaledEmbedding(nn.Module):
    """weight[ids] * scale. The weight itself is the head's too, unscaled; media rows are merged in unscaled."""

    def __init__(self, vocabulary: int, width: int, *, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.empty(vocabulary, width))
        nn.init.normal_(self.weight, std=width**-0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """Inputs: ids: [...]. Returns: [..., D], in the type of the weight, to which the scale is rounded too."""
        return F.embedding(ids, self.weight) * torch.tensor(self.scale, dtype=self.weight.dtype).item()
