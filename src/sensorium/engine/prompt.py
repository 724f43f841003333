"""A prompt as the engine sees it: where it may be cut, what each beginning is known by, and its media one by one.

    ids      [ words ][ picture: 64 rows ][ question ]
    cuts              after a medium, and every `chunk` tokens      (a function of the prompt alone)
    keys              of the first tokens up to each cut            (all that changes their keys and values)

Cuts do not depend on what else is computed, and only what ends at a cut is shared. So a prompt is always taken in the
same pieces, whether another request has left some of them in the cache or not, and its scores are the same to the last
bit.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from sensorium.inputs.carrier import MediaBatch, ModelInputs, Span

SHORTEST = 32
"""Tokens; a medium that ends sooner after a cut is not worth one of its own."""

Rows = Mapping[int, Tensor]
"""Feature rows [S, D] by the number of the medium."""


@dataclass(frozen=True, eq=False)
class Shown:
    """One medium of a prompt.

    batch, item: where it is in the inputs. places: of its tokens, ascending. digest: of all that its rows depend on.
    """

    batch: int
    item: int
    places: tuple[int, ...]
    digest: bytes


@dataclass(frozen=True, eq=False)
class Prompt:
    """One prompt, without padding.

    ids: its tokens.
    shown: its media by their first place.
    cuts: ascending, the last is the length.
    keys: per cut, what all tokens before it are known by.
    tied: per token the number of its group, tokens of which see each other whatever their order; below 0 for none.
    """

    inputs: ModelInputs
    ids: tuple[int, ...]
    shown: tuple[Shown, ...]
    cuts: tuple[int, ...]
    keys: tuple[bytes, ...]
    tied: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def pieces(self, known: int) -> list[tuple[int, int]]:
        """What is left to take behind the first `known` tokens: from and to, each."""
        return list(pairwise([known, *(cut for cut in self.cuts if cut > known)]))

    def media_in(self, start: int, stop: int) -> list[int]:
        """Numbers of the media that have tokens there."""
        return [
            number
            for number, shown in enumerate(self.shown)
            if bisect_left(shown.places, start) < bisect_left(shown.places, stop)
        ]

    def medium(self, number: int) -> ModelInputs:
        """One medium alone, for its encoder: inputs without tokens."""
        shown = self.shown[number]
        return ModelInputs(
            ids=self.inputs.ids[:, :0],
            positions=self.inputs.positions[:, :0],
            present=None,
            media=(_one(self.inputs.media[shown.batch], shown.item),),
            places=(self.inputs.places[shown.batch][:, :0],),
        )

    def piece(self, start: int, stop: int, rows: Rows) -> ModelInputs:
        """Some of the tokens, with the rows of the media that stand there."""
        media, places = [], []
        for index, (batch, place) in enumerate(zip(self.inputs.media, self.inputs.places, strict=True)):
            numbers = [number for number in self.media_in(start, stop) if self.shown[number].batch == index]
            if numbers:
                cut = [self._rows_in(number, start, stop, rows[number]) for number in numbers]
                media.append(_joined(batch, [self.shown[number].item for number in numbers], cut))
                places.append(place[:, start:stop])
        return ModelInputs(
            ids=self.inputs.ids[:, start:stop],
            positions=self.inputs.positions[:, start:stop],
            present=None,
            media=tuple(media),
            places=tuple(places),
        )

    def common(self, ids: Sequence[int], shown: Sequence[tuple[int, bytes]]) -> int:
        """How many first tokens are those of another text, its media being the same as well.

        The last token is not counted, since its scores are wanted, nor is part of a group that sees itself.

        Args: ids: of the other; shown: first place and digest of its media.
        """
        limit = min(len(ids), len(self.ids) - 1)
        same = next((at for at in range(limit) if ids[at] != self.ids[at]), limit)
        ours = {(each.places[0], each.digest) for each in self.shown}
        same = min([same, *(first for first, _ in set(shown) ^ ours)])
        while same and not _legal(same, self.tied):
            same -= 1
        return same

    def _rows_in(self, number: int, start: int, stop: int, rows: Tensor) -> tuple[int, Tensor]:
        """Tokens of a medium between two places, and its rows for them: all where one token stands for all rows."""
        places = self.shown[number].places
        first, last = bisect_left(places, start), bisect_left(places, stop)
        return last - first, rows[first:last] if len(rows) == len(places) else rows


def read_prompt(inputs: ModelInputs, *, salt: str, chunk: int, groups: Tensor | None) -> Prompt:
    """Look at the inputs of one talk.

    Args:
        inputs: a batch of one without padding.
        salt: model, adapter and tenant: what is known of a prompt is known to requests of the same salt.
        chunk: tokens that are taken at once.
        groups: [1, T], of a family whose tokens see others behind them (`models.early.Groups`).
    """
    ids = tuple(inputs.ids[0].tolist())
    shown = _shown(inputs)
    tied = (-1,) * len(ids) if groups is None else tuple(groups[0].tolist())
    cuts = _cuts(len(ids), [each.places[-1] + 1 for each in shown], tied, chunk)
    return Prompt(inputs, ids, shown, cuts, _keys(inputs, shown, cuts, salt), tied)


def content(tensor: Tensor) -> memoryview:
    """The bytes of a tensor, for a checksum."""
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data


def _shown(inputs: ModelInputs) -> tuple[Shown, ...]:
    found = []
    for index, (batch, place) in enumerate(zip(inputs.media, inputs.places, strict=True)):
        at, start = place[0].nonzero()[:, 0].tolist(), 0
        for item, span in enumerate(batch.spans):
            places = tuple(at[start : start + span.length])
            start += span.length
            found.append(Shown(index, item, places, _digest(batch, item)))
    return tuple(sorted(found, key=lambda each: each.places[0]))


def _digest(batch: MediaBatch, item: int) -> bytes:
    """Of content, type, shape, and whatever else the rows of an item depend on."""
    found = hashlib.blake2b(digest_size=16)
    size = batch.sizes[item] if batch.sizes else None
    for tensor in (batch.features[item], *(batch.times[item : item + 1])):
        found.update(repr((batch.modality, tensor.dtype, tuple(tensor.shape), size)).encode())
        found.update(content(tensor))
    return found.digest()


def _cuts(length: int, ends: Sequence[int], tied: Sequence[int], chunk: int) -> tuple[int, ...]:
    """Places to cut at: after media, and so that no piece is longer than it need be."""
    cuts: list[int] = []
    start = 0
    for end in sorted({*ends, length}):
        worth = end - start >= SHORTEST or end in (length, max(ends, default=length))
        if not worth or not _legal(end, tied):
            continue
        while end - start > chunk:
            before = next((at for at in range(start + chunk, start, -1) if _legal(at, tied)), None)
            start = before or next((at for at in range(start + chunk + 1, end) if _legal(at, tied)), end)
            cuts.append(start)
        if start < end:
            cuts.append(end)
            start = end
    return tuple(cuts)


def _legal(at: int, tied: Sequence[int]) -> bool:
    """Whether no group reaches over a cut before token `at`."""
    return not 0 < at < len(tied) or tied[at] < 0 or tied[at - 1] != tied[at]


def _keys(inputs: ModelInputs, shown: Sequence[Shown], cuts: Sequence[int], salt: str) -> tuple[bytes, ...]:
    keys: list[bytes] = []
    for start, stop in pairwise([0, *cuts]):
        found = hashlib.blake2b(keys[-1] if keys else salt.encode(), digest_size=32)
        for tensor in (inputs.ids[:, start:stop], inputs.positions[:, start:stop]):
            found.update(content(tensor))
        for each in shown:
            if start < each.places[-1] + 1 and each.places[0] < stop:
                found.update(repr((each.places[0], each.places[-1])).encode() + each.digest)
        keys.append(found.digest())
    return tuple(keys)


def _one(batch: MediaBatch, item: int) -> MediaBatch:
    """A batch of one item of another, without rows."""
    return MediaBatch(
        modality=batch.modality,
        features=batch.features[item : item + 1],
        spans=batch.spans[item : item + 1],
        times=batch.times[item : item + 1],
        sizes=batch.sizes[item : item + 1],
    )


def _joined(batch: MediaBatch, items: Sequence[int], cut: Sequence[tuple[int, Tensor]]) -> MediaBatch:
    """Some items with rows, each a number of tokens and their rows."""
    return MediaBatch(
        modality=batch.modality,
        features=tuple(batch.features[item] for item in items),
        spans=tuple(Span(0, tokens) for tokens, _ in cut),
        times=tuple(batch.times[item] for item in items if batch.times),
        rows=tuple(rows for _, rows in cut),
        sizes=tuple(batch.sizes[item] for item in items if batch.sizes),
    )
