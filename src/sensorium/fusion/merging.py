"""Token merging: rows that are alike become one, so that the language model reads fewer of them. Nothing is trained.

Bipartite soft matching of ToMe (Bolya et al. 2023). Every second row looks for the one among the others that it is
most like; the pairs that are most alike are merged, a row counting as often as it stands for rows of the encoder:

    0   1   2   3   4   5          0 is like 3, 4 is like 5
    └───────────┤   └───┤
        1   2   3       5

How ours differs: rows are compared, not attention keys, since it works behind an encoder or between its blocks
without looking into them; the rows that stay keep their order, since language models read in order; and it goes on
in several steps when more than half of the rows are to go, since one step can merge no more. Attention is not told how
many rows one stands for.

Behind an encoder (`TokenMerging`) the language model reads fewer rows. Between its blocks (`merge_between`) the encoder
itself has less to do; behind its last block every row of the grid has that of its group again, so that whatever comes
next finds the grid whole. docs/fusion/merging.md says what both cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.nn.rotary import Rotation


@dataclass(frozen=True, eq=False)
class Merged:
    """Fewer rows.

    rows: [N, S', D]. sizes: [N, S'] fp32, how many of the encoder's rows each stands for.
    into: [N, S], which of the rows took in each of those that were given.
    """

    rows: Tensor
    sizes: Tensor
    into: Tensor

    def spread(self) -> Tensor:
        """Every row that was given has that of its group. Returns: [N, S, D]."""
        return self.rows.gather(1, self.into.unsqueeze(-1).expand(-1, -1, self.rows.shape[-1]))


class TokenMerging(nn.Module):
    """Leaves out a share of an encoder's rows, in which much is said twice; the same number for every item."""

    def __init__(self, *, cut: float) -> None:
        """Build. Args: cut: share of the rows that go, from 0 up to but not including 1."""
        super().__init__()
        self.cut = _checked(cut)

    def rows_out(self, rows: int) -> int:
        """How many of so many rows are left."""
        return _left(rows, self.cut)

    def forward(self, rows: Tensor) -> Merged:
        """Inputs: rows: [N, S, D]. Returns: as `merge_alike`, with rows_out(S) rows."""
        return merge_alike(as_they_are(rows), self.rows_out(rows.shape[1]))


class MergingBlocks(nn.Module):
    """Blocks one behind the other, between which rows are merged, an equal number each time."""

    def __init__(self, blocks: Sequence[nn.Module], *, cut: float) -> None:
        """Build. Args: blocks: called with rows and their rotation; cut: share of the rows that the last one lacks."""
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.cut = _checked(cut)

    def rows_in(self, rows: int) -> list[int]:
        """How many of so many rows each block gets."""
        steps = max(len(self.blocks) - 1, 1)
        return [_left(rows, self.cut * step / steps) for step in range(len(self.blocks))]

    def forward(self, x: Tensor, rotation: Rotation | None = None) -> Tensor:
        """Inputs: x: [N, S, D]; rotation: cosine and sine [S, E/2] or [N, S, E/2]. Returns: [N, S, D]."""
        merged = as_they_are(x)
        turn = rotation
        for block, keep in zip(self.blocks, self.rows_in(x.shape[1]), strict=True):
            if keep < merged.rows.shape[1]:
                merged = merge_alike(merged, keep)
                turn = None if rotation is None else _middle(rotation, merged)
            merged = replace(merged, rows=block(merged.rows, turn))
        return merged.spread()


def merge_between(encoder: nn.Module, cut: float) -> None:
    """Merge rows between the blocks of a built encoder. Names of its parameters change: weights are read before.

    Raises: ConfigError for an encoder without blocks, one whose rows are taken from a layer by its number, or a share
    that is none.
    """
    blocks = getattr(encoder, "blocks", None)
    if not isinstance(blocks, nn.ModuleList) or hasattr(encoder, "after"):
        raise ConfigError(
            f"merging: a {type(encoder).__name__} has no blocks that all rows pass one after another; expected an "
            "encoder such as those of nano. Merge behind it instead."
        )
    encoder.blocks = nn.ModuleList([MergingBlocks(list(blocks), cut=cut)])


def as_they_are(rows: Tensor) -> Merged:
    """Rows [N, S, D] of which none is merged yet."""
    items, count, _ = rows.shape
    sizes = rows.new_ones(items, count, dtype=torch.float32)
    return Merged(rows, sizes, torch.arange(count, device=rows.device).expand(items, -1))


def merge_alike(merged: Merged, keep: int) -> Merged:
    """Merge until `keep` rows are left, at least 1.

    Returns: the S' = min(S, keep) that are left. Gradients reach all rows.
    """
    count = merged.rows.shape[1]
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
    """Means of the rows that go to one place, weighted by size. Inputs: into: [N, S]."""
    sizes = torch.zeros_like(merged.sizes[:, :left]).scatter_add(1, into, merged.sizes)
    sums = _sums(merged.rows * merged.sizes.unsqueeze(-1), into, left)
    return Merged((sums / sizes.unsqueeze(-1)).to(merged.rows.dtype), sizes, into.gather(1, merged.into))


def _middle(rotation: Rotation, merged: Merged) -> Rotation:
    """The angles between those of the rows that are one now: the direction of the sum of their arrows."""
    cosine, sine = (
        _sums(part.expand(len(merged.into), -1, -1), merged.into, merged.rows.shape[1]) for part in rotation
    )
    length = torch.hypot(cosine, sine).clamp(min=torch.finfo(torch.float32).tiny)
    return cosine / length, sine / length


def _sums(values: Tensor, into: Tensor, left: int) -> Tensor:
    """Sums in fp32 of the values that go to one place.

    Inputs: values: [N, S, D]; into: [N, S]. Returns: [N, left, D].
    """
    places = into.unsqueeze(-1).expand(-1, -1, values.shape[-1])
    sums = torch.zeros(len(values), left, values.shape[-1], device=values.device)
    return sums.scatter_add(1, places, values.float())


def _left(rows: int, cut: float) -> int:
    """How many of so many rows are left when a share goes; one at least, where there are any."""
    return max(min(rows, 1), round(rows * (1.0 - cut)))


def _checked(cut: float) -> float:
    if not 0.0 <= cut < 1.0:
        raise ConfigError(
            f"merging: the share of rows to cut is {cut}; expected at least 0 and less than 1. Correct it."
        )
    return cut
