"""Late fusion of a composed model: each modality answers alone, and their answers are joined at every token.

    words and pictures ── decoder ── chances of the next token ─┐
                                                                ├─ weighted mean
    words and sounds ──── decoder ── chances of the next token ─┘

All of them read the same tokens, but none sees the places of the other modalities' rows: one pass of M views a text,
each with a mask of its own. A modality counts from its first medium on; before any, all views are the same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sensorium.fusion.late import LateFusion
from sensorium.fusion.presence import Fused
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.composed.cache import WeighedCache, made_by
from sensorium.models.early import EarlyFusion
from sensorium.nn.cache import KVCache, LayerCache


class LateCache(WeighedCache):
    """Keys and values of all views, M for each text, and which tokens stand for rows.

    marks: [B, M, tokens], True at the places of a modality's rows.
    """

    def __init__(self, layers: list[LayerCache], modalities: Sequence[str]) -> None:
        """Build. Args: as of `WeighedCache`."""
        super().__init__(layers, modalities)
        keys = layers[0].keys
        shape = (len(keys) // len(modalities), len(modalities), 0)
        self.marks = torch.zeros(shape, dtype=torch.bool, device=keys.device)

    def truncate(self, length: int) -> None:
        """Forget everything after the first `length` tokens."""
        super().truncate(length)
        self.marks = self.marks[..., :length]


class Late(nn.Module):
    """A decoder that answers from each modality alone; `logits` joins the answers."""

    def __init__(self, *, early: EarlyFusion, join: LateFusion) -> None:
        """Build from ready parts. Args: early: readers and decoder; join: of all modalities."""
        super().__init__()
        self.readers = early.readers
        self.language = early.language
        self._early = (early,)  # in a tuple, so that its parts have one name each, as in every other network
        self.join = join

    @property
    def early(self) -> EarlyFusion:
        """Readers and decoder, which would write rows among the tokens."""
        return self._early[0]

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made."""
        return self.early.encode(inputs)

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """What `logits` takes, of a whole batch. Returns: [B, T, M D + M].

        Raises: SpanMismatch when rows and placeholders do not agree.
        """
        found: dict[str, Tensor] = dict(zip((batch.modality for batch in inputs.media), inputs.places, strict=True))
        none = torch.zeros_like(inputs.ids, dtype=torch.bool)
        marks = torch.stack([found.get(name, none) for name in self.join.modalities], dim=1)
        return self._through(self.early.embed(inputs), inputs.positions, inputs.present, marks, cache)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of the next token. Inputs: hidden: [..., M D + M]. Returns: log-probabilities [..., V] fp32."""
        return self._joined(hidden).values

    def new_cache(self, batch: int, capacity: int) -> LateCache:
        """Room for `capacity` tokens of `batch` sequences, in all views."""
        names = self.join.modalities
        return LateCache(self.language.new_cache(batch * len(names), capacity).layers, names)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self._weighed(self(inputs, cache)[:, -1], made_by(LateCache, cache))

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        marks = torch.zeros(len(ids), len(self.join.modalities), 1, dtype=torch.bool, device=ids.device)
        embeds = self.language.embedding(ids.unsqueeze(1))
        hidden = self._through(embeds, positions.unsqueeze(1), present, marks, cache)
        return self._weighed(hidden[:, -1], made_by(LateCache, cache))

    def _through(
        self, embeds: Tensor, positions: Tensor, present: Tensor | None, marks: Tensor, cache: KVCache | None
    ) -> Tensor:
        """All views of tokens.

        Inputs: embeds: [B, T, D]; positions: [B, T]; present: [B, tokens so far]; marks: [B, M, T].

        Returns: [B, T, M D + M], hidden states of the views, and behind them 1 for those that count, 0 for others.
        """
        length, views = embeds.shape[1], marks.shape[1]
        if cache is not None:
            memory = made_by(LateCache, cache)
            memory.marks = marks = torch.cat((memory.marks, marks), dim=2)
        seen = marks | ~marks.any(dim=1, keepdim=True)  # [B, M, tokens so far]
        seen = seen if present is None else seen & present.unsqueeze(1)
        hidden = self.language(
            embeds.repeat_interleave(views, dim=0),
            positions.repeat_interleave(views, dim=0),
            present=seen.flatten(0, 1),
            cache=cache,
        )
        hidden = hidden.unflatten(0, (-1, views)).transpose(1, 2)  # [B, T, M, D]
        there = (marks.cumsum(dim=2) > 0)[..., -length:].transpose(1, 2)  # [B, T, M]
        there = there | ~there.any(dim=-1, keepdim=True)
        return torch.cat((hidden.flatten(2), there.to(hidden.dtype)), dim=-1)

    def _joined(self, hidden: Tensor) -> Fused:
        """Inputs: hidden: [..., M D + M]. Returns: log-probabilities [..., V] and weights [..., M]."""
        names = self.join.modalities
        views, there = hidden.split((hidden.shape[-1] - len(names), len(names)), dim=-1)
        scores = self.language.logits(views.unflatten(-1, (len(names), -1))).float()  # [..., M, V]
        answers = dict(zip(names, scores.log_softmax(dim=-1).unbind(dim=-2), strict=True))
        joined: Fused = self.join(answers, there > 0)
        return joined

    def _weighed(self, hidden: Tensor, cache: LateCache) -> Tensor:
        """Scores [B, V] of hidden states [B, M D + M]; how much each modality counts is kept, 0 before any has come."""
        joined = self._joined(hidden)
        cache.weights = joined.weights.detach() * cache.marks.flatten(1).any(dim=1, keepdim=True)
        return joined.values
