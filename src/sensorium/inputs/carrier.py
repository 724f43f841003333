"""`ModelInputs`: ids, positions and, per modality, features with the places that they fill. The second narrow waist."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from sensorium.core.errors import SpanMismatch

RowModality = Literal["image", "audio", "video"]
"""Modalities that reach the language model as feature rows."""


@dataclass(frozen=True)
class Span:
    """Where the rows of one item go: `length` placeholders of sample `sample`."""

    sample: int
    length: int


@dataclass(frozen=True, eq=False)
class MediaBatch:
    """Items of one modality, ordered by sample, then by place.

    features: per item, as the family's reader takes them; `nano`: image [3, height, width] uint8, audio [M, frames]
        fp32, video [F, 3, height, width] uint8.
    times: per item; video [F] seconds; empty for the other modalities.
    sizes: per item (height, width) of the user's picture, where rows depend on it; otherwise empty.
    spans: per item.
    rows: per item [S, D], where an encoder has made them already.
    """

    modality: RowModality
    features: tuple[Tensor, ...]
    spans: tuple[Span, ...]
    times: tuple[Tensor, ...] = ()
    rows: tuple[Tensor, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()

    def to(self, device: torch.device) -> "MediaBatch":
        """The same items on another device."""
        features, times, rows = (_moved(each, device) for each in (self.features, self.times, self.rows))
        return replace(self, features=features, times=times, rows=rows)

    def after(self, items: int) -> "MediaBatch":
        """All but the first `items`."""
        return replace(
            self,
            features=self.features[items:],
            spans=self.spans[items:],
            times=self.times[items:],
            rows=self.rows[items:],
            sizes=self.sizes[items:],
        )


@dataclass(frozen=True, eq=False)
class ModelInputs:
    """A batch of talks.

    ids: [B, T] int64, padded. positions: [B, T] int64, or [B, T, A] for a family with several axes.
    present: [B, T] False at padding, None without any.
    places: per modality of `media`, [B, T] True at its placeholders.
    """

    ids: Tensor
    positions: Tensor
    present: Tensor | None
    media: tuple[MediaBatch, ...]
    places: tuple[Tensor, ...]

    def to(self, device: torch.device) -> "ModelInputs":
        """The same batch on another device."""
        return ModelInputs(
            ids=self.ids.to(device),
            positions=self.positions.to(device),
            present=None if self.present is None else self.present.to(device),
            media=tuple(batch.to(device) for batch in self.media),
            places=_moved(self.places, device),
        )

    def after(self, count: int) -> "ModelInputs":
        """What a cache that has the first `count` tokens has not seen yet, of a batch of one.

        Raises: SpanMismatch when the cut goes through a medium.
        """
        media, places = [], []
        for batch, place in zip(self.media, self.places, strict=True):
            before, taken, items = int(place[:, :count].sum()), 0, 0
            while taken < before:
                taken += batch.spans[items].length
                items += 1
            if taken != before:
                raise SpanMismatch(
                    f"{batch.modality}: a cut after token {count} leaves {taken - before} rows of an item behind it. "
                    "Cut before or after a medium."
                )
            if items < len(batch.features):
                media.append(batch.after(items))
                places.append(place[:, count:])
        return ModelInputs(
            ids=self.ids[:, count:],
            positions=self.positions[:, count:],
            present=self.present,
            media=tuple(media),
            places=tuple(places),
        )

    def whole_media(self, count: int) -> int:
        """The longest stretch of at most `count` first tokens that no medium reaches out of, of a batch of one."""
        for batch, place in zip(self.media, self.places, strict=True):
            at, start = place[0].nonzero()[:, 0].tolist(), 0
            for span in batch.spans:
                first, last = at[start], at[start + span.length - 1]
                count = first if first < count <= last else count
                start += span.length
        return count


@dataclass(frozen=True, eq=False)
class TrainingInputs:
    """`ModelInputs`, right-padded, and what is to be learnt: weights [B, T] of predicting each token, 0 for none.

    Padding on the right needs no mask: under causal attention no token before it sees it.
    """

    inputs: ModelInputs
    weights: Tensor

    def to(self, device: torch.device) -> "TrainingInputs":
        """The same batch on another device."""
        return TrainingInputs(self.inputs.to(device), self.weights.to(device))


def _moved(tensors: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
    return tuple(tensor.to(device) for tensor in tensors)
