"""Talks to a batch: padding, positions, and media grouped by modality with the places that they fill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sensorium.inputs.carrier import MediaBatch, ModelInputs, RowModality, Span


@dataclass(frozen=True, eq=False)
class Item:
    """One medium, ready to be batched; `rows` is its number of placeholders.

    `size` is the user's picture's (height, width), for families whose rows depend on it.
    """

    modality: RowModality
    features: NDArray[np.uint8] | NDArray[np.float32]
    rows: int
    times: NDArray[np.float32] | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Talk:
    """One talk as ids, its media, and per id the weight with which it is learnt (0 where the user speaks)."""

    ids: list[int]
    items: list[Item]
    weights: list[float]


def batch_talks(
    talks: Sequence[Talk], *, pad: int, placeholders: Mapping[RowModality, int], left: bool = False
) -> ModelInputs:
    """Pad talks to one length, on the left for generation, and group their media by modality.

    Args:
        talks: at least one.
        pad: the id of padding.
        placeholders: the id that stands for one row of each modality; two modalities may share one, if no talk of the
            batch has both.
        left: pad on the left.
    """
    length = max(len(talk.ids) for talk in talks)
    ids = torch.full((len(talks), length), pad)
    present = torch.zeros(len(talks), length, dtype=torch.bool)
    for row, talk in enumerate(talks):
        at = slice(length - len(talk.ids), None) if left else slice(0, len(talk.ids))
        ids[row, at] = torch.tensor(talk.ids)
        present[row, at] = True
    media = tuple(batch for batch in (_collect(talks, modality) for modality in placeholders) if batch.features)
    return ModelInputs(
        ids=ids,
        positions=(present.cumsum(dim=1) - 1).clamp(min=0),
        present=None if bool(present.all()) else present,
        media=media,
        places=tuple(ids == placeholders[batch.modality] for batch in media),
    )


def _collect(talks: Sequence[Talk], modality: RowModality) -> MediaBatch:
    found = [(row, item) for row, talk in enumerate(talks) for item in talk.items if item.modality == modality]
    return MediaBatch(
        modality=modality,
        features=tuple(torch.from_numpy(item.features) for _, item in found),
        spans=tuple(Span(row, item.rows) for row, item in found),
        times=tuple(torch.from_numpy(item.times) for _, item in found if item.times is not None),
        sizes=tuple(item.size for _, item in found if item.size is not None),
    )
