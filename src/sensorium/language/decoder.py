"""A causal decoder in the manner of Llama: RMS norm, rotary positions, grouped queries, SwiGLU, tied embeddings.

Takes embeddings, not ids, so that feature rows of other modalities can stand among the tokens; hidden states and
logits are two calls, so that training computes logits only where there is something to learn.
"""

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.block import decoder_block
from sensorium.nn.cache import KVCache, causal_mask
from sensorium.nn.norm import RmsNorm
from sensorium.nn.rotary import rotation


class Decoder(nn.Module):
    """Token embedding, blocks, final norm; the embedding is also the head."""

    def __init__(
        self, *, vocabulary: int, width: int, layers: int, heads: int, kv_heads: int, hidden: int, rotary_base: float
    ) -> None:
        """Build.

        Args:
            vocabulary: V.
            width: D.
            layers, heads, kv_heads, hidden: of the blocks.
            rotary_base: longest wavelength of the positions over 2 pi.
        """
        super().__init__()
        self.width = width
        self.head_width = width // heads
        self.kv_heads = kv_heads
        self.rotary_base = rotary_base
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(decoder_block(width, heads, kv_heads, hidden) for _ in range(layers))
        self.norm = RmsNorm(width)

    def forward(
        self, embeds: Tensor, positions: Tensor, *, present: Tensor | None = None, cache: KVCache | None = None
    ) -> Tensor:
        """Hidden states.

        Inputs:
            embeds: [B, T, D].
            positions: [B, T].
            present: [B, tokens so far], False at padding; None for no padding before a token.
            cache: tokens before these, extended by them.

        Returns: [B, T, D], normed, ready for `logits`.
        """
        length = embeds.shape[1]
        before = cache.length if cache is not None else 0
        plain = present is None and before == 0
        mask = None if plain else causal_mask(length, before + length, present, embeds.device)
        turn = rotation(positions.unsqueeze(-1), self.head_width, base=self.rotary_base)
        x = embeds
        for index, block in enumerate(self.blocks):
            layer = cache.layers[index] if cache is not None else None
            x = block(x, turn, mask=mask, causal=plain and length > 1, cache=layer)
        return self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of the next token. Inputs: hidden: [..., D]. Returns: [..., V]."""
        return F.linear(hidden, self.embedding.weight)
