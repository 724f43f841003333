"""The causal decoder of every language model: what differs between them is in the parts that it is given.

ids ── embedding ── (media rows are merged in by the model) ── block, block, … ── norm ── head ── logits

Takes embeddings, not ids, so that feature rows of other modalities can stand among the tokens; hidden states and
logits are two calls, so that training computes logits only where there is something to learn. `language/config.py`
builds one from sizes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sensorium.language.embedding import ScaledEmbedding
from sensorium.language.step import QuickStep, quick_step
from sensorium.nn.activation import soft_cap
from sensorium.nn.cache import KVCache, causal_mask, group_mask
from sensorium.nn.linear import linear
from sensorium.nn.rotary import Rotation, Turns


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a decoder.

    block: called as `nn.block.Block.forward` is.
    rotary: turns positions for it; None where it has none. Layers that turn alike share one object, called once.
    window: how many tokens a token sees, itself included; None for all before it. Its cache keeps the others too.
    """

    block: nn.Module
    rotary: Turns | None
    window: int | None = None


Work = Callable[[Tensor], Tensor]
"""Something done to hidden states [B, T, D] between two blocks."""


class Decoder(nn.Module):
    """Embedding, blocks, final norm, head."""

    def __init__(
        self,
        *,
        embedding: nn.Embedding | ScaledEmbedding,
        layers: Sequence[Layer],
        norm: nn.Module,
        kv_heads: int,
        head_width: int,
        head: nn.Linear | None = None,
        logit_cap: float | None = None,
    ) -> None:
        """Build.

        Args:
            embedding: ids to rows.
            layers: in their order.
            norm: of what the last block gives.
            kv_heads, head_width: of all layers, for their caches.
            head: to logits; None where the embedding is the head too.
            logit_cap: soft cap of the logits.
        """
        super().__init__()
        self.width = embedding.weight.shape[1]
        self.kv_heads = kv_heads
        self.head_width = head_width
        self.logit_cap = logit_cap
        self.cache_bits: int | None = None
        self.embedding = embedding
        self.blocks = nn.ModuleList(layer.block for layer in layers)
        self.norm = norm
        self.head = head
        self.windows = [layer.window for layer in layers]
        self.rotaries = list(dict.fromkeys(layer.rotary for layer in layers))
        self.rotary_of = [self.rotaries.index(layer.rotary) for layer in layers]
        self._step: QuickStep | None = None
        self._step_known = False  # a prompt asks anew whether there is one: weights may have changed

    def forward(
        self,
        embeds: Tensor,
        positions: Tensor,
        *,
        present: Tensor | None = None,
        cache: KVCache | None = None,
        both_ways: Tensor | None = None,
        after: Mapping[int, Work] | None = None,
        texts: Tensor | None = None,
    ) -> Tensor:
        """Hidden states.

        Inputs:
            embeds: [B, T, D].
            positions: as the rotaries take them: [B, T], or [B, T, A] for several axes.
            present: [B, tokens so far], False at padding; None for no padding before a token.
            cache: tokens before these, extended by them.
            both_ways: [B, T, tokens so far], True where a token sees another whatever their order, in every layer
                (the prefix of PaliGemma, the pictures of Gemma 3: `nn.cache.group_mask`).
            after: work on the hidden states after the block of that number (rows that Qwen3-VL adds, cross-attention
                of Mllama).
            texts: [B, T], the number of each token's text, where several stand side by side and none sees another;
                not with a cache. None for one text in each row.

        Returns: [B, T, D], normed, ready for `logits`.
        """
        length = embeds.shape[1]
        before = cache.length if cache is not None else 0
        self._step_known = self._step_known and length == 1
        plain = present is None and both_ways is None and before == 0 and texts is None
        turns = [self._turn(rotary, positions, embeds.dtype) for rotary in self.rotaries]
        masks = {
            window: None
            if plain and (window is None or length <= window)
            else causal_mask(length, before + length, present, embeds.device, window=window, both_ways=both_ways)
            for window in set(self.windows)
        }
        if texts is not None:
            same = group_mask(texts, length).unsqueeze(1)  # [B, 1, T, T]
            masks = {window: mask if mask is None else mask & same for window, mask in masks.items()}
        x = embeds
        for index, (block, window, turn) in enumerate(zip(self.blocks, self.windows, self.rotary_of, strict=True)):
            mask = masks[window]
            layer = cache.layers[index] if cache is not None else None
            x = block(x, turns[turn], mask=mask, causal=mask is None and length > 1, cache=layer)
            if after is not None and index in after:
                x = after[index](x)
        return self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of the next token. Inputs: hidden: [..., D]. Returns: [..., V]."""
        scores = linear(hidden, self.embedding.weight) if self.head is None else self.head(hidden)
        return scores if self.logit_cap is None else soft_cap(scores, self.logit_cap)

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences, in `cache_bits` if they are set."""
        return KVCache.empty(
            layers=len(self.blocks),
            batch=batch,
            kv_heads=self.kv_heads,
            capacity=capacity,
            head_width=self.head_width,
            like=self.embedding.weight,
            bits=self.cache_bits,
        )

    def step(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        if not self._step_known:
            self._step, self._step_known = quick_step(self), True
        if self._step is not None and torch.is_inference_mode_enabled():
            scores = self._step(ids, positions, present, cache)
            if scores is not None:
                return scores
        embeds = self.embedding(ids.unsqueeze(1))
        return self.logits(self(embeds, positions.unsqueeze(1), present=present, cache=cache)[:, -1])

    @staticmethod
    def _turn(rotary: Turns | None, positions: Tensor, dtype: torch.dtype) -> Rotation | None:
        """The rotation of one kind of layer, in the type of the rows, so that no layer casts it again."""
        if rotary is None:
            return None
        cos, sin = rotary(positions)
        return cos.to(dtype), sin.to(dtype)
