"""Multi-head attention: grouped key/value heads, rotary positions, optional query/key norm and cache; to other rows."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.cache import LayerCache
from sensorium.nn.rotary import Rotation, rotate

EXPLICIT_SCORES = 640 * 640
"""Up to so many scores a head, products written out are the faster way on a CPU."""


def attend(
    query: Tensor, key: Tensor, value: Tensor, *, mask: Tensor | None, causal: bool, scale: float | None = None
) -> Tensor:
    """softmax(query key * scale) value.

    On a CPU short sequences are written out as two products: for them and for the narrow heads of small models that is
    two to seven times as fast, gradients included, as PyTorch's fused kernel (docs/decisions.md), and grouped heads
    need no copies of keys and values. Elsewhere the fused kernel.

    Inputs:
        query: [B, H, T, E].
        key, value: [B, K, S, E].
        mask: [T, S] or [B, 1, T, S], True where seen; excludes `causal`.
        causal: each row sees itself and those before it; T = S.
        scale: of the scores; 1 / sqrt(E) without it.

    Returns: [B, H, T, E].
    """
    (batch, heads, length, width), (kv_heads, seen) = query.shape, key.shape[1:3]
    if query.device.type != "cpu" or length * seen > EXPLICIT_SCORES:
        return F.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=causal, scale=scale, enable_gqa=kv_heads != heads
        )
    if causal:
        mask = torch.ones(length, seen, dtype=torch.bool).tril()
    groups = heads // kv_heads
    query = query * (width**-0.5 if scale is None else scale)
    scores = query.reshape(batch, kv_heads, groups * length, width) @ key.transpose(-1, -2)  # [B, K, G T, S]
    if mask is not None:
        grouped = scores.view(batch, kv_heads, groups, length, seen)
        seen_by = mask.unsqueeze(2) if mask.dim() == 4 else mask
        scores = grouped.masked_fill(~seen_by, torch.finfo(scores.dtype).min).view_as(scores)
    mixed = scores.softmax(dim=-1).to(value.dtype) @ value  # [B, K, G T, E]
    return mixed.view(batch, heads, length, width)


class Attention(nn.Module):
    """Vaswani et al. 2017 with grouped queries (Ainslie et al. 2023) and normed queries and keys (Henry 2020)."""

    def __init__(
        self,
        *,
        width: int,
        heads: int,
        kv_heads: int | None = None,
        head_width: int | None = None,
        bias: bool = False,
        out_bias: bool = False,
        qk_norm: Callable[[int], nn.Module] | None = None,
        scale: float | None = None,
    ) -> None:
        """Build.

        Args:
            width: D of the rows in and out.
            heads: H.
            kv_heads: K, a divisor of `heads`; None for as many.
            head_width: E; None for width / heads.
            bias, out_bias: of the projections to queries, keys and values, and of the one back.
            qk_norm: makes the norm of queries and of keys, per head, which keeps large learning rates stable.
            scale: of the scores; None for 1 / sqrt(E).
        """
        super().__init__()
        self.heads = heads
        self.kv_heads = kv_heads or heads
        self.head_width = head_width or width // heads
        self.scale = scale
        self.qkv = nn.Linear(width, (heads + 2 * self.kv_heads) * self.head_width, bias=bias)
        self.out = nn.Linear(heads * self.head_width, width, bias=out_bias)
        self.q_norm = qk_norm(self.head_width) if qk_norm else nn.Identity()
        self.k_norm = qk_norm(self.head_width) if qk_norm else nn.Identity()

    def forward(
        self,
        x: Tensor,
        rotation: Rotation | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """Mix rows.

        Inputs:
            x: [B, T, D].
            rotation: cosine and sine, [T, E/2] or [B, T, E/2]; None where positions are in `x` already.
            mask: [T, S] or [B, 1, T, S], True where seen; excludes `causal`.
            causal: each row sees itself and those before it.
            cache: rows before `x`, extended by it.

        Returns: [B, T, D].
        """
        batch, length, _ = x.shape
        qkv = self.qkv(x).view(batch, length, self.heads + 2 * self.kv_heads, self.head_width)
        query, key, value = qkv.split((self.heads, self.kv_heads, self.kv_heads), dim=2)  # [B, T, H|K|K, E]
        query, key = self.q_norm(query).transpose(1, 2), self.k_norm(key).transpose(1, 2)  # [B, H|K, T, E]
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        value = value.transpose(1, 2)  # [B, K, T, E]
        if cache is not None:
            key, value = cache.append(key, value)
        mixed = attend(query, key, value, mask=mask, causal=causal, scale=self.scale)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, -1))


class CrossAttention(nn.Module):
    """Queries of one sequence over keys and values of another, which are made once and kept by the caller."""

    def __init__(
        self,
        *,
        width: int,
        source_width: int,
        heads: int,
        kv_heads: int | None = None,
        bias: bool = False,
        qk_norm: Callable[[int], nn.Module] | None = None,
    ) -> None:
        """Build.

        Args:
            width: D of the rows in and out.
            source_width: D of the rows that are looked at.
            heads: H.
            kv_heads: K, a divisor of `heads`; None for as many.
            bias: of all projections.
            qk_norm: makes the norm of queries and of keys, per head.
        """
        super().__init__()
        self.heads = heads
        self.kv_heads = kv_heads or heads
        self.head_width = width // heads
        self.query = nn.Linear(width, width, bias=bias)
        self.key_value = nn.Linear(source_width, 2 * self.kv_heads * self.head_width, bias=bias)
        self.out = nn.Linear(width, width, bias=bias)
        self.q_norm = qk_norm(self.head_width) if qk_norm else nn.Identity()
        self.k_norm = qk_norm(self.head_width) if qk_norm else nn.Identity()

    def look(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of rows. Inputs: source: [B, S, D source]. Returns: keys, values: [B, K, S, E]."""
        both = self.key_value(source).unflatten(-1, (2 * self.kv_heads, self.head_width)).transpose(1, 2)
        key, value = both.chunk(2, dim=1)
        return self.k_norm(key), value

    def forward(self, x: Tensor, key: Tensor, value: Tensor, *, mask: Tensor | None = None) -> Tensor:
        """Mix in what is looked at.

        Inputs: x: [B, T, D]; key, value: as `look` gives; mask: [B, 1, T, S], True where seen.

        Returns: [B, T, D].
        """
        query = self.q_norm(self.query(x).unflatten(-1, (self.heads, self.head_width)).transpose(1, 2))
        mixed = attend(query, key, value, mask=mask, causal=False)
        return self.out(mixed.transpose(1, 2).flatten(2))
