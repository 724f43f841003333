"""Late fusion: each modality answers alone, and the answers are joined.

Probabilities are averaged (the linear opinion pool, Stone 1961), so what comes out is probabilities again, and one
modality that is sure of an answer cannot be overruled by one that knows nothing as it would be by a product.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.fusion.presence import Fused, blanked, log_shares


class LateFusion(nn.Module):
    """The weighted mean of the probabilities of several modalities; equal, given or learned weights."""

    def __init__(self, *, weights: Mapping[str, float] | Sequence[str], learned: bool = False) -> None:
        """Build.

        Args:
            weights: of the modalities, positive, whatever they sum to; names alone for equal ones.
            learned: train them from there on.
        """
        super().__init__()
        given = dict(weights) if isinstance(weights, Mapping) else dict.fromkeys(weights, 1.0)
        if not given or min(given.values()) <= 0.0:
            raise ConfigError(
                f"late fusion: the weights are {given}; expected a positive one for each modality. Leave out what is "
                "not to count."
            )
        self.modalities = tuple(given)
        self.scores = nn.Parameter(torch.tensor(list(given.values())).log(), requires_grad=learned)  # [M]

    def forward(self, answers: Mapping[str, Tensor], present: Tensor | None = None) -> Fused:
        """Join answers.

        Inputs:
            answers: per modality, log-probabilities [..., V] of tokens or classes.
            present: [..., M], at least one of them.

        Returns: log-probabilities [..., V] fp32, and weights [..., M]; the absent count nothing, the others more.
        """
        each = torch.stack(blanked(answers, self.modalities, present), dim=-2).float()  # [..., M, V]
        weights = log_shares(self.scores.expand(each.shape[:-1]), present)  # [..., M]
        return Fused(torch.logsumexp(each + weights.unsqueeze(-1), dim=-2), weights.exp())
