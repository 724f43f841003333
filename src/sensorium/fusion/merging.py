"""Token merging: rows that are alike become one, so that the language model reads fewer of them. Nothing is trained.

Bipartite soft matching of ToMe (Bolya et al. 2023). Every second row looks for the one among the others that it is
most like; the pairs that are most alike are merged, a row counting as often as it stands for rows of the encoder:

    0   1   2   3   4   5          0 is like 3, 4 is like 5
    └───────────┤   └───┤
        1   2   3       5

How ours differs: rows are compared, not attention keys, since it works behind an encoder or between its blocks
without looking into them; rows that stay keep their order, since language models read in order; and it goes on
in several steps when more than half of the rows are to go, since one step can merge no more. Attention is not told how
many rows one stands for.

Behind an encoder (`TokenMerging`) the language model reads fewer rows. Between its blocks (`merge_between`) the encoder
itself has less to do; behind each block every row of the grid has that of its group again, so that whatever comes next
finds the grid whole. docs/fusion/merging.md says what both cost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from typing import cast

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


class MergingBlocks(nn.ModuleList):
    """Blocks between which rows are merged, an equal number each time.

    They stand where an encoder has its blocks, and have their names: going through them one by one, each block works
    on the rows that are left and gives as many as ever, so that an encoder may stop behind any of them.
    """

    def __init__(self, blocks: Iterable[nn.Module], *, cut: float, first: int = 0) -> None:
        """Build.

        Args:
            blocks: called with rows, and their rotation where the encoder has any.
            cut: share of the rows that the last one lacks.
            first: 1 if the first row stays for itself (a class token), otherwise 0.
        """
        super().__init__(blocks)
        self.cut = _checked(cut)
        self.first = first

    def rows_in(self, rows: int) -> list[int]:
        """How many of so many rows each block gets."""
        steps = max(len(self) - 1, 1)
        return [_left(rows, self.cut * step / steps) for step in range(len(self))]

    def __iter__(self) -> Iterator[nn.Module]:
        """The blocks, each with merging before it; good for one pass."""
        walk = _Walk(self)
        return (cast("nn.Module", partial(walk, number)) for number in range(len(self)))


class _Walk:
    """One pass through blocks: what is merged so far, and what was given for it."""

    def __init__(self, blocks: MergingBlocks) -> None:
        self._blocks = blocks
        self._merged: Merged | None = None
        self._given: Tensor | None = None

    def __call__(self, number: int, x: Tensor, rotation: Rotation | None = None, *, mask: None = None) -> Tensor:
        """Inputs: as of `nn.block.Block`, x: [N, S, D]. Returns: [N, S, D]. Raises: ConfigError for a mask."""
        if mask is not None:
            raise ConfigError(
                "merging: got a mask for rows that are merged; expected none: a merged row has no place in it. Merge "
                "behind the encoder instead."
            )
        merged = as_they_are(x) if self._merged is None or x is not self._given else self._merged
        merged = merge_alike(merged, self._blocks.rows_in(x.shape[1])[number], first=self._blocks.first)
        turn = rotation
        if rotation is not None and merged.rows.shape[1] < x.shape[1]:
            turn = _middle(rotation, merged)
        self._merged = replace(merged, rows=self._blocks[number](merged.rows, *(() if turn is None else (turn,))))
        self._given = self._merged.spread()
        return self._given


def merge_between(encoder: nn.Module, cut: float) -> None:
    """Merge rows between the blocks of a built encoder. Names of its parameters stay.

    Raises: ConfigError for an encoder without blocks that all rows pass, or a share that is none.
    """
    blocks = getattr(encoder, "blocks", None)
    if not isinstance(blocks, nn.ModuleList) or not all(map(_takes_rows_alone, blocks)):
        raise ConfigError(
            f"merging: a {type(encoder).__name__} has no blocks that all rows pass one after another; expected an "
            "encoder such as those of nano, CLIP or Whisper. Merge behind it instead."
        )
    encoder.blocks = MergingBlocks(blocks, cut=cut, first=int(getattr(encoder, "class_token", None) is not None))


def _takes_rows_alone(block: nn.Module) -> bool:
    """Whether a block asks for nothing beside rows: one that asks how many frames there are counts on all rows."""
    _, *others = signature(block.forward).parameters.values()
    return all(each.default is not each.empty for each in others)


def as_they_are(rows: Tensor) -> Merged:
    """Rows [N, S, D] of which none is merged yet."""
    items, count, _ = rows.shape
    sizes = rows.new_ones(items, count, dtype=torch.float32)
    return Merged(rows, sizes, torch.arange(count, device=rows.device).expand(items, -1))


def merge_alike(merged: Merged, keep: int, *, first: int = 0) -> Merged:
    """Merge until `keep` rows are left, at least 1.

    Args: first: 1 if the first row is to stay for itself, otherwise 0.

    Returns: the S' = min(S, keep) that are left. Gradients reach all rows.
    """
    count, least = merged.rows.shape[1], max(keep, 1 + first)
    while count > least:
        going = min(count - least, (count - first) // 2)
        into = _match(merged.rows, going, first)
        merged = _join(merged, into, count - going)
        count -= going
    return merged


@torch.no_grad()
def _match(rows: Tensor, going: int, first: int) -> Tensor:
    """Where rows go when `going` of them are taken in by others; the first `first` stay, and never take one in.

    Returns: [N, S], numbers of rows that are left.
    """
    count = rows.shape[1]
    places = torch.arange(count, device=rows.device)
    unit = F.normalize(rows.float(), dim=-1)
    likeness, partner = (unit[:, ::2] @ unit[:, 1::2].transpose(1, 2)).max(dim=-1)  # [N, S / 2]
    likeness[:, :first] = -torch.inf
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
