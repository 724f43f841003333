"""Multi-head attention: grouped key/value heads, rotary positions, optional query/key norm and cache; to other rows."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.activation import soft_cap
from sensorium.nn.cache import LayerCache
from sensorium.nn.kernels.ready import wanted
from sensorium.nn.linear import Linear
from sensorium.nn.rotary import Rotation, rotate

EXPLICIT_SCORES = 640 * 640
"""Up to so many scores a head, products written out are the faster way on a CPU."""

PIECE = 1 << 21
"""Scores at a time of longer sequences in 16 bits: what a processor's caches hold."""

LEAST_ROWS = 64
"""Rows of such a piece; with fewer the fused kernel is faster."""


@dataclass(frozen=True)
class Scoring:
    """How scores are made of queries and keys. scale: None for 1 / sqrt(E). cap: soft cap, as in Gemma 2."""

    scale: float | None = None
    cap: float | None = None


PLAIN = Scoring()


def attend(
    query: Tensor, key: Tensor, value: Tensor, *, mask: Tensor | None, causal: bool, scoring: Scoring = PLAIN
) -> Tensor:
    """softmax(query key * scale) value.

    On a CPU short sequences are written out as two products: for them and for the narrow heads of small models that is
    two to seven times as fast, gradients included, as PyTorch's fused kernel (docs/decisions.md), and grouped heads
    need no copies of keys and values. So are capped scores, which no fused kernel has. Elsewhere, and for a single
    token, the fused kernel.

    Inputs:
        query: [B, H, T, E].
        key, value: [B, K, S, E].
        mask: [T, S] or [B, 1, T, S], True where seen; excludes `causal`.
        causal: each row sees itself and those before it; T = S.
        scoring: scale and cap of the scores.

    Returns: [B, H, T, E].
    """
    (batch, heads, length, width), (kv_heads, seen) = query.shape, key.shape[1:3]
    if scoring.cap is None and (query.device.type != "cpu" or length * seen > EXPLICIT_SCORES):
        if mask is None and not causal and _by_pieces(query, key, value):
            return _attend_by_pieces(query, key, value, width**-0.5 if scoring.scale is None else scoring.scale)
        return F.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=causal, scale=scoring.scale, enable_gqa=kv_heads != heads
        )
    groups = heads // kv_heads
    if scoring.cap is None and length == 1:
        rows = query.reshape(batch, kv_heads, groups, width)
        return _attend_once(rows, key, value, mask, scoring.scale).view_as(query)
    if causal:
        mask = torch.ones(length, seen, dtype=torch.bool, device=query.device).tril()
    query = query * (width**-0.5 if scoring.scale is None else scoring.scale)
    scores = query.reshape(batch, kv_heads, groups * length, width) @ key.transpose(-1, -2)  # [B, K, G T, S]
    if scoring.cap is not None:
        scores = soft_cap(scores, scoring.cap)
    if mask is not None:
        grouped = scores.view(batch, kv_heads, groups, length, seen)
        seen_by = mask.unsqueeze(2) if mask.dim() == 4 else mask
        scores = grouped.masked_fill(~seen_by, torch.finfo(scores.dtype).min).view_as(scores)
    mixed = scores.softmax(dim=-1).to(value.dtype) @ value  # [B, K, G T, E]
    return mixed.view(batch, heads, length, width)


def _attend_once(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float | None) -> Tensor:
    """One token's queries on a CPU: those that share keys are its rows, and the fused kernel is the quickest way.

    It is not for a row alone in sixteen bits, which is cast to fp32.

    Inputs: query: [B, K, G, E]; key, value: [B, K, S, E]; mask: [1, S] or [B, 1, 1, S]. Returns: [B, K, G, E].
    """
    if query.shape[2] == 1 and query.dtype.itemsize == 2:
        return _attend_once(query.float(), key.float(), value.float(), mask, scale).to(query.dtype)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scale)


def _by_pieces(query: Tensor, key: Tensor, value: Tensor) -> bool:
    """Whether all rows look at all keys of their own head, in bf16, many at a time, with nothing to learn."""
    enough = min(query.shape[2], PIECE // max(key.shape[1] * key.shape[2], 1)) >= LEAST_ROWS
    whole = query.shape[1] == key.shape[1]
    return enough and whole and query.dtype == torch.bfloat16 and wanted(query, key, value)


def _attend_by_pieces(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """The written out way, some rows of one item at a time: half the time of the fused kernel, which sums in fp32.

    Inputs: query: [B, H, T, E]; key, value: [B, H, S, E]. Returns: [B, H, T, E].
    """
    mixed = torch.empty(query.shape, dtype=query.dtype)
    rows = PIECE // (key.shape[1] * key.shape[2])
    for out, queries, keys, values in zip(mixed, query * scale, key, value, strict=True):
        turned, side_by_side = keys.contiguous().transpose(1, 2), values.contiguous()
        for piece, some in zip(out.split(rows, dim=1), queries.split(rows, dim=1), strict=True):
            piece.copy_((some @ turned).softmax(dim=-1) @ side_by_side)
    return mixed


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
        scoring: Scoring = PLAIN,
    ) -> None:
        """Build.

        Args:
            width: D of the rows in and out.
            heads: H.
            kv_heads: K, a divisor of `heads`; None for as many.
            head_width: E; None for width / heads.
            bias, out_bias: of the projections to queries, keys and values, and of the one back.
            qk_norm: makes the norm of queries and of keys, per head, which keeps large learning rates stable.
            scoring: scale and cap of the scores.
        """
        super().__init__()
        self.heads = heads
        self.kv_heads = kv_heads or heads
        self.head_width = head_width or width // heads
        self.scoring = scoring
        self.qkv = Linear(width, (heads + 2 * self.kv_heads) * self.head_width, bias=bias)
        self.out = Linear(heads * self.head_width, width, bias=out_bias)
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
        rows: slice | None = None,
    ) -> Tensor:
        """Mix rows.

        Inputs:
            x: [B, T, D].
            rotation: cosine and sine, [T, E/2] or [B, T, E/2]; None where positions are in `x` already.
            mask: [T, S] or [B, 1, T, S], True where seen; excludes `causal`.
            causal: each row sees itself and those before it.
            cache: rows before `x`, extended by it.
            rows: those that are wanted, None for all; excludes `causal`.

        Returns: [B, T, D], T as many as are wanted.
        """
        batch, length, _ = x.shape
        qkv = self.qkv(x).view(batch, length, self.heads + 2 * self.kv_heads, self.head_width)
        query, key, value = qkv.split((self.heads, self.kv_heads, self.kv_heads), dim=2)  # [B, T, H|K|K, E]
        query, key = self.q_norm(query).transpose(1, 2), self.k_norm(key).transpose(1, 2)  # [B, H|K, T, E]
        if rotation is not None:  # both at once: what a single token costs is the number of operations
            query, key = rotate(torch.cat((query, key), dim=1), rotation).split((self.heads, self.kv_heads), dim=1)
        value = value.transpose(1, 2)  # [B, K, T, E]
        if cache is not None:
            key, value = cache.append(key, value)
        if rows is not None:
            query, mask = query[:, :, rows], None if mask is None else mask[..., rows, :]
        mixed = attend(query, key, value, mask=mask, causal=causal, scoring=self.scoring)
        return self.out(mixed.transpose(1, 2).flatten(2))


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
        self.query = Linear(width, width, bias=bias)
        self.key_value = Linear(source_width, 2 * self.kv_heads * self.head_width, bias=bias)
        self.out = Linear(width, width, bias=bias)
        self.q_norm = qk_norm(self.head_width) if qk_norm else nn.Identity()
        self.k_norm = qk_norm(self.head_width) if qk_norm else nn.Identity()

    def look(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of rows. Inputs: source: [B, S, D source]. Returns: keys, values: [B, K, S, E]."""
        both = self.key_value(source).unflatten(-1, (2 * self.kv_heads, self.head_width)).transpose(1, 2)
        key, value = both.chunk(2, dim=1)
        return self.k_norm(key), value

    def forward(self, x: Tensor, key: Tensor, value: Tensor, *, mask: Tensor | None = None) -> Tensor:
        """Mix in what is looked at.

        Inputs: x: [B, T, D]; key, value: as `look` gives, or in another type, which attention then has too; mask:
        [B, 1, T, S], True where seen.

        Returns: [B, T, D].
        """
        query = self.q_norm(self.query(x).unflatten(-1, (self.heads, self.head_width)).transpose(1, 2))
        mixed = attend(query.to(key.dtype), key, value, mask=mask, causal=False).to(x.dtype)
        return self.out(mixed.transpose(1, 2).flatten(2))
