"""`ModelInputs`: ids, positions and, per modality, features with the places that they fill. The second narrow waist."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

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

    features: per item; image [3, height, width] uint8, audio [M, frames] fp32, video [F, 3, height, width] uint8.
    times: per item; video [F] seconds; empty for the other modalities.
    spans: per item.
    rows: per item [S, D], where an encoder has made them already.
    """

    modality: RowModality
    features: tuple[Tensor, ...]
    spans: tuple[Span, ...]
    times: tuple[Tensor, ...] = ()
    rows: tuple[Tensor, ...] = ()

    def to(self, device: torch.device) -> "MediaBatch":
        """The same items on another device."""
        features, times, rows = (_moved(each, device) for each in (self.features, self.times, self.rows))
        return MediaBatch(self.modality, features, self.spans, times, rows)


@dataclass(frozen=True, eq=False)
class ModelInputs:
    """A batch of talks.

    ids: [B, T] int64, padded. positions: [B, T] int64. present: [B, T] False at padding, None without any.
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
