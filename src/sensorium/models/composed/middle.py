"""Middle fusion of a composed model: text looks at the rows of each modality, in blocks between those of the decoder.

Every modality has cross-attention of its own (fusion/middle.py), one behind the other. One token stands for each item;
it and all that follow it see the item's rows, to the end of the talk.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import cast

import torch
from torch import Tensor, nn

from sensorium.fusion.cross import Shown, side_by_side
from sensorium.fusion.middle import MiddleFusion
from sensorium.inputs.carrier import ModelInputs
from sensorium.language.decoder import Work
from sensorium.models.composed.cache import WeighedCache, made_by
from sensorium.models.early import EarlyFusion
from sensorium.nn.cache import KVCache, LayerCache


class MiddleCache(WeighedCache):
    """What the texts were shown, by modality."""

    def __init__(self, layers: list[LayerCache], modalities: Sequence[str]) -> None:
        """Build. Args: as of `WeighedCache`."""
        super().__init__(layers, modalities)
        keys = layers[0].keys
        self.shown = {name: Shown.nothing(len(keys), keys.device) for name in modalities}

    def truncate(self, length: int) -> None:
        """Forget everything after the first `length` tokens, and what only they were shown."""
        super().truncate(length)
        self.shown = {name: shown.cut(length) for name, shown in self.shown.items()}

    def count(self, added: Mapping[str, Sequence[Tensor]], *, like: Tensor) -> None:
        """Take note of how much the blocks of each modality added to the last token, of which the next one comes.

        Inputs: added: per block [B, T], nothing for a modality that nobody was shown; like: of the type and device.
        """
        nothing = like.new_zeros(len(like))
        sums = [sum((block[:, -1].detach() for block in added[name]), nothing) for name in self.modalities]
        found = torch.stack(sums, dim=-1).float()
        self.weights = found if self.weights is None else self.weights + found


class Middle(nn.Module):
    """A decoder whose text looks at media in blocks of their own."""

    def __init__(self, *, early: EarlyFusion, looking: Mapping[str, MiddleFusion]) -> None:
        """Build from ready parts. Args: early: readers and decoder; looking: by modality."""
        super().__init__()
        self.readers = early.readers
        self.language = early.language
        self._early = (early,)  # in a tuple, so that its parts have one name each, as in every other network
        self.looking = nn.ModuleDict(looking)

    @property
    def early(self) -> EarlyFusion:
        """Readers and decoder, which would write rows among the tokens."""
        return self._early[0]

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made."""
        return self.early.encode(inputs)

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """Hidden states of a whole batch. Returns: [B, T, D]. Raises: SpanMismatch when items and tokens differ."""
        memory = self._memory(cache, len(inputs.ids))
        before = 0 if cache is None else cache.length
        for batch, marks in zip(inputs.media, inputs.places, strict=True):
            items = batch.rows or self.early.rows(batch)
            samples = [span.sample for span in batch.spans]
            places, rows = side_by_side(items, samples, marks, what=batch.modality, before=before)
            known, look = memory.shown[batch.modality], self._middle(batch.modality).look(rows)
            memory.shown[batch.modality] = known.extended(places, look)
        memory.weights = None
        embeds = self.language.embedding(inputs.ids)
        return self._through(embeds, inputs.positions, inputs.present, cache, memory)

    def new_cache(self, batch: int, capacity: int) -> MiddleCache:
        """Room for `capacity` tokens of `batch` sequences, and for whatever they are shown."""
        return MiddleCache(self.language.new_cache(batch, capacity).layers, tuple(self.looking))

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self.language.logits(self(inputs, cache)[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        embeds = self.language.embedding(ids.unsqueeze(1))
        memory = self._memory(cache, len(ids))
        return self.language.logits(self._through(embeds, positions.unsqueeze(1), present, cache, memory)[:, -1])

    def _through(
        self, embeds: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache | None, memory: MiddleCache
    ) -> Tensor:
        """Hidden states of tokens, all of which see what was shown before them. Shapes: [B, T, D] to the same."""
        before, length = (0 if cache is None else cache.length), embeds.shape[1]
        asking = torch.arange(before, before + length, device=embeds.device)
        added: dict[str, list[Tensor]] = {name: [] for name in memory.shown}
        works: dict[int, list[Work]] = {}
        for name, shown in memory.shown.items():
            if shown.layers:
                sees = shown.places.unsqueeze(1) <= asking[:, None]  # [B, T, S]
                middle = self._middle(name)
                for number, work in middle.works(shown.layers, sees=sees, added=added[name]).items():
                    works.setdefault(number, []).append(work)
        after = {number: _in_turn(each) for number, each in works.items()}
        hidden = self.language(embeds, positions, present=present, cache=cache, after=after)
        if works:
            memory.count(added, like=embeds)
        return hidden

    def _middle(self, modality: str) -> MiddleFusion:
        return cast("MiddleFusion", self.looking[modality])

    def _memory(self, cache: KVCache | None, batch: int) -> MiddleCache:
        """What a cache remembers, nothing without one. Raises: EngineError for a cache that another model made."""
        if cache is None:
            return self.new_cache(batch, 0)
        return made_by(MiddleCache, cache)


def _in_turn(works: Sequence[Work]) -> Work:
    return lambda hidden: reduce(lambda x, work: work(x), works, hidden)
