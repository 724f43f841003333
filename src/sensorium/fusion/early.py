"""Early fusion: modalities meet before the language model reads them.

`merge_rows` writes feature rows among the token embeddings; this is the one place where it happens. `ConcatFeatures`
and `SumFeatures` make one feature of several that describe the same thing: rows of two encoders of one picture, or
of sound and picture of one moment.

Not here: how many rows an item takes (inputs/), how rows are made (encoders/, connectors.py).
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sensorium.core.errors import SpanMismatch
from sensorium.fusion.presence import Fused, blanked, shares


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


class ConcatFeatures(nn.Module):
    """Features of all modalities side by side, then one matrix; zeros for an absent one."""

    def __init__(self, *, widths: Mapping[str, int], out: int) -> None:
        """Build. Args: widths: D of each modality's features; out: of the features out."""
        super().__init__()
        self.modalities = tuple(widths)
        self.project = nn.Linear(sum(widths.values()), out)

    def forward(self, features: Mapping[str, Tensor], present: Tensor | None = None) -> Tensor:
        """Inputs: features: per modality [..., D]; present: [..., M]; None for all. Returns: [..., out]."""
        return self.project(torch.cat(blanked(features, self.modalities, present), dim=-1))


class SumFeatures(nn.Module):
    """The weighted sum of all modalities' features, each through a matrix of its own; one learned weight for each."""

    def __init__(self, *, widths: Mapping[str, int], out: int) -> None:
        """Build. Args: as of `ConcatFeatures`."""
        super().__init__()
        self.modalities = tuple(widths)
        self.features = nn.ModuleDict({name: nn.Linear(width, out) for name, width in widths.items()})
        self.scores = nn.Parameter(torch.zeros(len(widths)))

    def forward(self, features: Mapping[str, Tensor], present: Tensor | None = None) -> Fused:
        """Inputs: as of `ConcatFeatures`.

        Returns: [..., out], and weights [..., M]; those of the absent go to the others. Zeros where nothing is present.
        """
        given = blanked(features, self.modalities, present)
        made = [self.features[name](each) for name, each in zip(self.modalities, given, strict=True)]
        values = torch.stack(made, dim=-1)  # [..., out, M]
        weights = shares(self.scores.expand(*values.shape[:-2], -1), present)
        return Fused((values * weights.unsqueeze(-2)).sum(dim=-1), weights)
