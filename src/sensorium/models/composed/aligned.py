"""Rows of several modalities become one before the decoder reads them: side by side, by a sum, or by a gated unit.

Every medium has as many rows as any other. At the places of each stand its rows fused with those of the latest medium
of every other modality before it; a modality of which none has come yet is absent. So what a token reads depends on
nothing behind it, and a talk may have any number of media:

    picture 1      sound 1                  picture 2
    picture 1      picture 1 + sound 1      picture 2 + sound 1
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from sensorium.fusion.early import ConcatFeatures, SumFeatures
from sensorium.fusion.gated import GatedMultimodalUnit
from sensorium.fusion.presence import Fused
from sensorium.inputs.carrier import MediaBatch, ModelInputs
from sensorium.models.composed.cache import WeighedCache, made_by
from sensorium.models.early import EarlyFusion
from sensorium.nn.cache import KVCache, LayerCache


@dataclass(frozen=True, eq=False)
class Given:
    """Rows [S, D] of a medium, the text that it is in, and the first token of its places."""

    modality: str
    rows: Tensor
    text: int
    place: int


class AlignedCache(WeighedCache):
    """The media of each text so far, beside keys and values."""

    def __init__(self, layers: list[LayerCache], modalities: Sequence[str]) -> None:
        """Build. Args: as of `WeighedCache`."""
        super().__init__(layers, modalities)
        self.given: tuple[Given, ...] = ()

    def truncate(self, length: int) -> None:
        """Forget everything after the first `length` tokens, media too."""
        super().truncate(length)
        self.given = tuple(each for each in self.given if each.place < length)


class Aligned(nn.Module):
    """Early fusion of rows that were fused with each other before."""

    def __init__(self, *, early: EarlyFusion, fuse: ConcatFeatures | SumFeatures | GatedMultimodalUnit) -> None:
        """Build from ready parts. Args: early: readers, which all give the same number of rows, and decoder."""
        super().__init__()
        self.readers = early.readers
        self.language = early.language
        self._early = (early,)  # in a tuple, so that its parts have one name each, as in every other network
        self.fuse = fuse

    @property
    def early(self) -> EarlyFusion:
        """Readers and decoder, which would write rows among the tokens."""
        return self._early[0]

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made, each by itself."""
        return self.early.encode(inputs)

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """Hidden states of a whole batch. Returns: [B, T, D].

        Raises: SpanMismatch when rows and placeholders do not agree.
        """
        memory = None if cache is None else made_by(AlignedCache, cache)
        return self.early(self._fused(inputs, memory) if inputs.media else inputs, cache)

    def new_cache(self, batch: int, capacity: int) -> AlignedCache:
        """Room for `capacity` tokens of `batch` sequences, and for their media."""
        return AlignedCache(self.language.new_cache(batch, capacity).layers, self.fuse.modalities)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self.language.logits(self(inputs, cache)[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        return self.language.step(ids, positions, present, cache)

    def _fused(self, inputs: ModelInputs, memory: AlignedCache | None) -> ModelInputs:
        """The same inputs with fused rows, which the cache gets to know by themselves."""
        before = 0 if memory is None else memory.length
        media = [replace(batch, rows=batch.rows or tuple(self.early.rows(batch))) for batch in inputs.media]
        new = [each for pair in zip(media, inputs.places, strict=True) for each in _given(*pair, before)]
        known = () if memory is None else memory.given
        values, weights = self._fuse(known, new)
        if memory is not None:
            memory.given = (*known, *new)
            memory.weights = None if weights is None else _latest(new, weights, len(inputs.ids))
        fused = iter(values)
        made = tuple(replace(batch, rows=tuple(next(fused) for _ in batch.spans)) for batch in media)
        return replace(inputs, media=made)

    def _fuse(self, known: Sequence[Given], new: Sequence[Given]) -> tuple[Tensor, Tensor | None]:
        """Fused rows [N, S, D] of the new media in their order, and how much each modality counts in them [N, M]."""
        nothing = torch.zeros_like(new[0].rows)
        rows: list[list[Tensor]] = []
        there: list[list[bool]] = []
        for each in new:
            latest = {
                other.modality: other.rows
                for other in sorted((*known, *new), key=lambda other: other.place)
                if other.text == each.text and other.place <= each.place
            }
            rows.append([latest.get(name, nothing) for name in self.fuse.modalities])
            there.append([name in latest for name in self.fuse.modalities])
        columns = (torch.stack(column) for column in zip(*rows, strict=True))  # M times [N, S, D]
        present = torch.tensor(there, device=nothing.device).unsqueeze(1).expand(-1, len(nothing), -1)  # [N, S, M]
        found = self.fuse(dict(zip(self.fuse.modalities, columns, strict=True)), present)
        return (found.values, found.weights.mean(dim=1)) if isinstance(found, Fused) else (found, None)


def _given(batch: MediaBatch, places: Tensor, before: int) -> list[Given]:
    """The media of a batch, where they begin. Inputs: places: [B, T], of their rows, behind `before` tokens."""
    tokens = places.nonzero()[:, 1].tolist()
    given, start = [], 0
    for span, rows in zip(batch.spans, batch.rows, strict=True):
        place = tokens[start] if start < len(tokens) else 0  # too few places are found when the rows are merged in
        given.append(Given(batch.modality, rows, span.sample, before + place))
        start += span.length
    return given


def _latest(given: Sequence[Given], weights: Tensor, texts: int) -> Tensor:
    """The weights of the last medium of each text, zeros where it has none. Shapes: [N, M] to [texts, M]."""
    found = weights.new_zeros(texts, weights.shape[1])
    for index in sorted(range(len(given)), key=lambda index: given[index].place):
        found[given[index].text] = weights[index].detach()
    return found
