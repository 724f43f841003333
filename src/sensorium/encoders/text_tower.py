"""The text transformers beside the picture towers of CLIP and SigLIP.

In CLIP's a token sees those before it, in SigLIP's all see all. Positions are a learned table, so a text has at most as
many tokens as the table has rows.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sensorium.core.errors import LimitExceeded


class TextTower(nn.Module):
    """Token ids to rows, one per token."""

    def __init__(
        self, *, embedding: nn.Embedding, context: int, blocks: Sequence[nn.Module], norm: nn.Module, causal: bool
    ) -> None:
        """Build from ready parts.

        Args:
            embedding: ids to rows.
            context: tokens that a text may have.
            blocks: called with rows and the keywords `mask` and `causal`.
            norm: of the rows after the last block.
            causal: a token sees itself and those before it, instead of all.
        """
        super().__init__()
        self.width = embedding.embedding_dim
        self.context = context
        self.causal = causal
        self.embedding = embedding
        self.positions = nn.Parameter(nn.init.normal_(torch.empty(context, self.width), std=0.02))
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm

    def forward(self, ids: Tensor, present: Tensor | None = None) -> Tensor:
        """Encode, the final norm included.

        Inputs:
            ids: [B, T], T at most the context. Positions are counted from the first, padding or not.
            present: [B, T], False at padding that no other token may see; None to let it be seen.

        Returns: [B, T, D].

        Raises: LimitExceeded for more tokens than the context.
        """
        length = ids.shape[1]
        if length > self.context:
            raise LimitExceeded(
                f"text: {length} tokens; the text tower takes at most {self.context}. Shorten the text, or cut it."
            )
        x = self.embedding(ids) + self.positions[:length]
        mask = None if present is None else self._mask(present)
        for block in self.blocks:
            x = block(x, mask=mask, causal=self.causal and mask is None)
        return self.norm(x)

    def _mask(self, present: Tensor) -> Tensor:
        """What every token may look at: itself always, so that no row of weights is empty. Returns: [B, 1, T, T]."""
        length = present.shape[1]
        seen = present[:, None, None, :].expand(-1, -1, length, -1)
        if self.causal:
            seen = seen & torch.ones(length, length, dtype=torch.bool, device=present.device).tril()
        return seen | torch.eye(length, dtype=torch.bool, device=present.device)
