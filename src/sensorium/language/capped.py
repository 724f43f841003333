"""Attention whose scores are soft-capped, as in Gemma 2: no fused kernel does it, so it is written out."""

import torch
from torch import Tensor, nn

from sensorium.nn.attention import Attention
from sensorium.nn.cache import LayerCache
from sensorium.nn.rotary import Rotation, rotate


def soft_cap(scores: Tensor, cap: float) -> Tensor:
    """`cap` tanh(scores / cap): small scores stay, none grows beyond `cap`."""
    return (scores / cap).tanh() * cap


class CappedAttention(nn.Module):
    """Causal attention with grouped heads and capped scores, over the projections of an `Attention`."""

    def __init__(self, attention: Attention, *, cap: float) -> None:
        """Build. Args: attention: gives projections, norms, sizes and scale; cap: of the scores."""
        super().__init__()
        self.heads, self.kv_heads, self.head_width = attention.heads, attention.kv_heads, attention.head_width
        self.scale = self.head_width**-0.5 if attention.scale is None else attention.scale
        self.cap = cap
        self.qkv, self.out = attention.qkv, attention.out
        self.q_norm, self.k_norm = attention.q_norm, attention.k_norm

    def forward(
        self,
        x: Tensor,
        rotation: Rotation | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """Inputs and return: as `Attention.forward`."""
        batch, length, _ = x.shape
        qkv = self.qkv(x).view(batch, length, self.heads + 2 * self.kv_heads, self.head_width)
        query, key, value = (
            each.transpose(1, 2) for each in qkv.split((self.heads, self.kv_heads, self.kv_heads), dim=2)
        )  # [B, H|K|K, T, E]
        query, key = self.q_norm(query), self.k_norm(key)
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        if cache is not None:
            key, value = cache.append(key, value)
        if causal:
            mask = torch.ones(length, length, dtype=torch.bool, device=x.device).tril()
        mixed = self._attend(query, key, value, mask)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, -1))

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """As `nn.attention.attend`, all heads of one key together. Returns: [B, H, T, E]."""
        (batch, heads, length, width), (kv_heads, seen) = query.shape, key.shape[1:3]
        grouped = (query * self.scale).reshape(batch, kv_heads, -1, width)  # [B, K, G T, E]
        scores = soft_cap(grouped @ key.transpose(-1, -2), self.cap).view(batch, kv_heads, -1, length, seen)
        if mask is not None:
            unseen = ~(mask.unsqueeze(2) if mask.dim() == 4 else mask)
            scores = scores.masked_fill(unseen, torch.finfo(scores.dtype).min)
        weights = scores.softmax(dim=-1).to(value.dtype).view(batch, kv_heads, -1, seen)
        return (weights @ value).view(batch, heads, length, width)
