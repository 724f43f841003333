"""A causal language model that reads feature rows among its tokens: early fusion, the plan of most families.

    media ── readers[modality] ── rows ─┐
                                        ├─ merge_rows ── language ── scores
    ids ──── embedding ─────────────────┘

A family gives the readers and the decoder; what is done with them is the same for all.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.fusion.early import merge_rows
from sensorium.inputs.carrier import MediaBatch, ModelInputs
from sensorium.language.decoder import Decoder
from sensorium.nn.cache import KVCache, group_mask
from sensorium.weights.pages import give_back

Groups = Callable[[ModelInputs], Tensor]
"""Which tokens see each other in both directions: the number of each one's group [B, T], below 0 for none."""


class EarlyFusion(nn.Module):
    """Readers of media, each `forward(MediaBatch) -> list of rows [S, D]`, and the decoder that they write into."""

    def __init__(self, *, readers: Mapping[str, nn.Module], language: Decoder, groups: Groups | None = None) -> None:
        """Build from ready parts.

        Args:
            readers: named by modality; they give rows of the decoder's width.
            groups: whose tokens see each other whatever their order, in every layer; None: all look back only.
        """
        super().__init__()
        self.readers = nn.ModuleDict(readers)
        self.language = language
        self.groups = groups

    def rows(self, batch: MediaBatch) -> list[Tensor]:
        """Rows of every item, at the language model's width: a list of [S, D]."""
        reader = self.readers[batch.modality]
        rows: list[Tensor] = reader(batch)
        if torch.is_inference_mode_enabled():  # the decoder comes next: memory for one of them at a time
            give_back(reader.parameters())
        return rows

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made, for whoever wants to look at them before they are taken."""
        return replace(inputs, media=tuple(replace(batch, rows=tuple(self.rows(batch))) for batch in inputs.media))

    def embed(self, inputs: ModelInputs) -> Tensor:
        """Token embeddings with every modality's rows in their places. Returns: [B, T, D].

        Raises: SpanMismatch when rows and placeholders do not agree.
        """
        embeds: Tensor = self.language.embedding(inputs.ids)
        for batch, places in zip(inputs.media, inputs.places, strict=True):
            rows = batch.rows or self.rows(batch)
            counts = torch.zeros(len(inputs.ids), dtype=torch.int64, device=embeds.device)
            for span, item in zip(batch.spans, rows, strict=True):
                counts[span.sample] += len(item)
            embeds = merge_rows(embeds, places, torch.cat(tuple(rows)), counts, modality=batch.modality)
        return embeds

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """Hidden states of a whole batch. Returns: [B, T, D]."""
        return self.language(
            self.embed(inputs),
            inputs.positions,
            present=inputs.present,
            cache=cache,
            both_ways=self._both_ways(inputs, 0 if cache is None else cache.length),
        )

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences."""
        return self.language.new_cache(batch, capacity)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self.language.logits(self(inputs, cache)[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        return self.language.step(ids, positions, present, cache)

    def _both_ways(self, inputs: ModelInputs, before: int) -> Tensor | None:
        """Where a token sees another of its group; `before` tokens are in a cache. Returns: [B, T, tokens so far]."""
        groups = None if self.groups is None else self.groups(inputs)
        if groups is None or not bool((groups >= 0).any()):
            return None
        return group_mask(F.pad(groups, (before, 0), value=-1), groups.shape[1])


def by_shape(batch: MediaBatch, encode: Callable[[Tensor, Tensor | None], Tensor]) -> list[Tensor]:
    """Rows of all items, those of one shape encoded together: no encoder sees padding, no item its neighbours.

    `encode` takes features [N, ...] and, where the modality has them, times [N, F]; it gives rows [N, S, D].
    """
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, item in enumerate(batch.features):
        groups[tuple(item.shape)].append(index)
    rows: list[Tensor] = [torch.empty(0)] * len(batch.features)
    for members in groups.values():
        features = torch.stack([batch.features[index] for index in members])
        times = torch.stack([batch.times[index] for index in members]) if batch.times else None
        for index, item_rows in zip(members, encode(features, times), strict=True):
            rows[index] = item_rows
    return rows
