"""Token merging: rows that are alike become one, so that the language model reads fewer of them. Nothing is trained.

Bipartite soft matching of ToMe (Bolya et al. 2023). Every second row looks for the one among the others that it is
most like; the pairs that are most alike are merged, a row counting as often as it stands for rows of the encoder:

    0   1   2   3   4   5          0 is like 3, 4 is like 5
    └───────────┤   └───┤
        1   2   3       5

How ours differs: rows are compared, not attention keys, since it works behind an encoder or between its blocks
without looking into them; the rows that stay keep their order, since language models read in order; and it goes on
in several steps when more than half of the rows are to go, since one step can merge no more.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Merged:
    """Fewer rows.

    rows: [N, S', D]. sizes: [N, S'] fp32, how many of the encoder's rows each stands for.
    into: [N, S], which of the rows took in each of those that were given.
    """

    rows: Tensor
    sizes: Tensor
    into: Tensor


class TokenMerging(nn.Module):
    """Leaves out a share of an encoder's rows, in which much is said twice; the same number for every item."""

    def __init__(self, *, cut: float) -> None:
        """Build. Args: cut: share of the rows that go, from 0 up to but not including 1."""
        super().__init__()
        if not 0.0 <= cut < 1.0:
            raise ConfigError(
                f"merging: the share of rows to cut is {cut}; expected at least 0 and less than 1. Correct it."
            )
        self.cut = cut

    def rows_out(self, rows: int) -> int:
        """How many of so many rows are left."""
        return max(min(rows, 1), round(rows * (1.0 - self.cut)))

    def forward(self, rows: Tensor) -> Merged:
        """Inputs: rows: [N, S, D]. Returns: as `merge_alike`, with rows_out(S) rows."""
        return merge_alike(rows, self.rows_out(rows.shape[1]))


def merge_alike(rows: Tensor, keep: int, sizes: Tensor | None = None) -> Merged:
    """Merge until `keep` rows are left, at least 1.

    Inputs: rows: [N, S, D]; sizes: [N, S], how many rows each stands for already; None for one each.

    Returns: the S' = min(S, keep) that are left. Gradients reach all rows.
    """
    items, count, _ = rows.shape
    sizes = rows.new_ones(items, count, dtype=torch.float32) if sizes is None else sizes
    merged = Merged(rows, sizes, torch.arange(count, device=rows.device).expand(items, -1))
    while count > max(keep, 1):
        going = min(count - max(keep, 1), count // 2)
        into = _match(merged.rows, going)
        merged = _join(merged, into, count - going)
        count -= going
    return merged


@torch.no_grad()
def _match(rows: Tensor, going: int) -> Tensor:
    """Where rows go when `going` of them are taken in by others. Returns: [N, S], numbers of rows that are left."""
    count = rows.shape[1]
    places = torch.arange(count, device=rows.device)
    unit = F.normalize(rows.float(), dim=-1)
    likeness, partner = (unit[:, ::2] @ unit[:, 1::2].transpose(1, 2)).max(dim=-1)  # [N, S / 2]
    leave = likeness.topk(going, dim=-1).indices  # [N, going]
    host = places.expand(len(rows), -1).scatter(1, 2 * leave, 2 * partner.gather(1, leave) + 1)  # [N, S]
    number = (host == places).cumsum(dim=1) - 1  # of each row that stays, among those that do
    return number.gather(1, host)


def _join(merged: Merged, into: Tensor, left: int) -> Merged:
    """Means of the rows that go to one place, weighted by size; summed in fp32. Inputs: into: [N, S]."""
    rows = merged.rows.float() * merged.sizes.unsqueeze(-1)
    sizes = torch.zeros_like(merged.sizes[:, :left]).scatter_add(1, into, merged.sizes)
    sums = torch.zeros_like(rows[:, :left]).scatter_add(1, into.unsqueeze(-1).expand_as(rows), rows)
    means = (sums / sizes.unsqueeze(-1)).to(merged.rows.dtype)
    return Merged(means, sizes, into.gather(1, merged.into))
