"""Early fusion: feature rows written among the token embeddings. The one place where this happens.

Not here: how many rows an item takes (inputs/), how rows are made (encoders/, connectors.py).
"""

import torch
from torch import Tensor

from sensorium.core.errors import SpanMismatch


def merge_rows(embeds: Tensor, places: Tensor, rows: Tensor, counts: Tensor, *, modality: str) -> Tensor:
    """Return `embeds` with `rows` at `places`.

    Inputs:
        embeds: [B, T, D], the token embeddings; left untouched.
        places: [B, T], True at this modality's placeholders.
        rows: [S, D], the features, ordered by sample, then by place; gradients reach them.
        counts: [B], how many of the rows belong to each sample.

    Returns: [B, T, D].

    Raises: SpanMismatch when a sample has more or fewer placeholders than rows.
    """
    wanted = places.sum(dim=1)  # [B]
    if not torch.equal(wanted, counts):
        sample = int((wanted != counts).nonzero()[0])
        raise SpanMismatch(
            f"{modality}: sample {sample} has {int(wanted[sample])} placeholders but {int(counts[sample])} feature "
            "rows. Build ids and features from the same ModelInputs (inputs/assemble.py)."
        )
    if rows.shape[0] != int(counts.sum()):
        raise SpanMismatch(
            f"{modality}: {rows.shape[0]} feature rows but the samples count {int(counts.sum())}. "
            "The encoder must give as many rows as inputs/ counted."
        )
    return embeds.masked_scatter(places.unsqueeze(-1), rows.to(embeds.dtype))  # [B, T, D]
