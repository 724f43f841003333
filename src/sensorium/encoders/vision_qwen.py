"""The vision transformer of Qwen2-VL, Qwen2.5-VL and Qwen3-VL: pictures of any size, films in pairs of frames.

    frames [F, 3, height, width] ── patches of two frames ── blocks ── mergers ── rows [S, D of the language model]

Each pair of frames is seen for itself; a picture is a pair of twice the same. Patches lie square by square, 2x2 of
them, since a merger makes one row of each square. Places are 2-D rotary. What the generations differ in are parts: in
Qwen2.5 all blocks but a few see windows; Qwen3 adds learned places, and rows of earlier layers (DeepStack, Meng et al.
2024).

Nothing is padded: pictures go one by one, and windows of one size together.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.block import Block
from sensorium.nn.grid import grid_positions
from sensorium.nn.mlp import Mlp
from sensorium.nn.rotary import Rotation, rotation


@dataclass(frozen=True)
class Cut:
    """How frames are cut: `patch` pixels along each side, `tubelet` frames, squares of `fold` patches a side."""

    patch: int
    tubelet: int
    fold: int

    @property
    def square(self) -> int:
        """Patches of a square."""
        return self.fold * self.fold

    def grid(self, frames: int, height: int, width: int) -> tuple[int, int, int]:
        """Pairs of frames, and squares down and across, of so many frames of this size."""
        side = self.patch * self.fold
        return -(-frames // self.tubelet), height // side, width // side


def patches(frames: Tensor, cut: Cut) -> Tensor:
    """Cut frames; a last one that is alone stands twice.

    Inputs: frames: [F, 3, height, width], sides multiples of a square's.

    Returns: [F / tubelet, P, 3 * tubelet * patch^2], square by square, numbers in the reference's order.
    """
    frames = torch.cat((frames, frames[-1:].expand(-len(frames) % cut.tubelet, -1, -1, -1)))
    pairs, down, across = cut.grid(len(frames), *frames.shape[2:])
    parts = frames.reshape(pairs, cut.tubelet, -1, down, cut.fold, cut.patch, across, cut.fold, cut.patch)
    return parts.permute(0, 3, 6, 4, 7, 2, 1, 5, 8).flatten(5).flatten(1, 4)


def by_squares(cells: Tensor, rows: int, columns: int, fold: int) -> Tensor:
    """Cells of a grid from reading order to square by square. Shapes: [rows * columns, D] to the same."""
    return cells.view(rows // fold, fold, columns // fold, fold, -1).transpose(1, 2).flatten(0, 3)


@dataclass(frozen=True, eq=False)
class Windows:
    """Squares of a grid in the order of their windows.

    order: [squares]. groups: windows of one size, how many and of how many squares each; they lie one behind another.
    """

    order: Tensor
    groups: tuple[tuple[int, int], ...]


def cut_windows(rows: int, columns: int, side: int) -> Windows:
    """Windows of `side` squares a side over a grid of squares, smaller ones below and at the right where it ends."""
    cells = torch.arange(rows * columns).view(rows, columns)
    order: list[Tensor] = []
    groups: list[tuple[int, int]] = []
    for band in _bands(cells, side, 0):
        for part in _bands(band, side, 1):
            height, width = (min(side, length) for length in part.shape)
            each = part.view(part.shape[0] // height, height, part.shape[1] // width, width)
            order.append(each.transpose(1, 2).flatten())
            groups.append((part.numel() // (height * width), height * width))
    return Windows(torch.cat(order), tuple(groups))


def _bands(cells: Tensor, side: int, axis: int) -> list[Tensor]:
    """What whole windows cover along an axis, and the rest, where there are any."""
    length = cells.shape[axis]
    whole = length - length % side
    return [band for band in cells.split((whole, length - whole), dim=axis) if band.numel()]


class PlaceTable(nn.Module):
    """A learned row for each cell of a square grid; grids of other sizes lie between them, from edge to edge."""

    def __init__(self, *, side: int, width: int) -> None:
        """Build. Args: side: cells along each side; width: D."""
        super().__init__()
        self.side = side
        self.table = nn.Parameter(nn.init.normal_(torch.empty(side * side, width), std=0.02))

    def forward(self, rows: int, columns: int) -> Tensor:
        """Rows of a grid, in reading order. Returns: [rows * columns, D]."""
        square = self.table.T.unflatten(1, (self.side, self.side)).unsqueeze(0)  # [1, D, side, side]
        grid = F.interpolate(square, size=(rows, columns), mode="bilinear", align_corners=True)
        return grid[0].flatten(1).T


class Merger(nn.Module):
    """A norm, and two layers over the patches of a square: a row of the language model's width."""

    def __init__(
        self, *, width: int, square: int, out: int, norm: Callable[[int], nn.Module], joined: bool = False
    ) -> None:
        """Build.

        Args:
            width: D of the patches.
            square: patches that make a row.
            out: D of the rows.
            norm: makes a norm of a width.
            joined: the norm is of whole squares, not of each patch.
        """
        super().__init__()
        self.joined = joined
        self.square = square
        self.norm = norm(width * square if joined else width)
        self.mlp = Mlp(width * square, width * square, out)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [N, P, D], square by square. Returns: [N, P / square, out]."""
        if not self.joined:
            x = self.norm(x)
        x = x.unflatten(1, (-1, self.square)).flatten(2)
        return self.mlp(self.norm(x) if self.joined else x)


@dataclass(frozen=True)
class Sight:
    """What blocks see: windows of `window` squares a side (None: the whole frame), those of `whole` the whole frame."""

    window: int | None = None
    whole: Collection[int] = field(default_factory=tuple)


class QwenVision(nn.Module):
    """Frames of one picture or film to rows."""

    def __init__(
        self,
        *,
        cut: Cut,
        embedding: nn.Linear,
        blocks: Sequence[Block],
        merger: Merger,
        sight: Sight,
        places: PlaceTable | None = None,
        deep: Mapping[int, Merger] | None = None,
        base: float = 10_000.0,
    ) -> None:
        """Build from ready parts.

        Args:
            cut: how frames are cut.
            embedding: of the numbers of a patch; the reference's 3-D convolution, whose stride is its size.
            blocks: called with rows and a rotation.
            merger: of the last block's rows.
            sight: what blocks see.
            places: learned, added to the patches; None for rotary ones alone.
            deep: mergers of the rows after earlier blocks, by the block's number.
            base: of the rotary places.
        """
        super().__init__()
        self.cut = cut
        self.embedding = embedding
        self.places = places
        self.blocks = nn.ModuleList(blocks)
        self.merger = merger
        self.deep = nn.ModuleList((deep or {}).values())
        self._deep_after = tuple(deep or ())
        self._sight = sight
        self._base = base
        self._head_width = blocks[0].attention.head_width

    @property
    def levels(self) -> int:
        """How many rows stand side by side in what `forward` gives for a square: its own, and those for DeepStack."""
        return 1 + len(self._deep_after)

    def forward(self, frames: Tensor) -> Tensor:
        """Encode one picture or film.

        Inputs: frames: [F, 3, height, width], normalised, one of them for a picture; sides multiples of a square's.

        Returns: [S, levels * D], S = pairs of frames * height * width of the grid of squares.
        """
        _, down, across = self.cut.grid(len(frames), *frames.shape[2:])
        rows, columns = down * self.cut.fold, across * self.cut.fold
        x = self.embedding(patches(frames.to(self.embedding.weight.dtype), self.cut))  # [N, P, D]
        if self.places is not None:
            x = x + by_squares(self.places(rows, columns), rows, columns, self.cut.fold)
        cells = by_squares(grid_positions(rows, columns, device=x.device), rows, columns, self.cut.fold)  # [P, 2]
        turn = rotation(cells, self._head_width, base=self._base)
        if self._sight.window is None:
            found = self._run(x, turn, None)
        else:
            windows = cut_windows(down, across, self._sight.window)
            order = windows.order.to(x.device)
            cos, sin = (self._sorted(each, order) for each in turn)
            found = self._run(self._sorted(x, order), (cos, sin), windows)[:, order.argsort()]
        return found.flatten(0, 1)

    def _sorted(self, x: Tensor, order: Tensor) -> Tensor:
        """Rows [..., P, D] with their squares in another order."""
        return x.unflatten(-2, (-1, self.cut.square))[..., order, :, :].flatten(-3, -2)

    def _run(self, x: Tensor, turn: Rotation, windows: Windows | None) -> Tensor:
        """Through all blocks. Inputs: x: [N, P, D]; turn: [P, E/2] each. Returns: [N, squares, levels * out]."""
        found: dict[int, Tensor] = {}
        for index, block in enumerate(self.blocks):
            if windows is None or index in self._sight.whole:
                x = block(x, turn)
            else:
                x = self._in_windows(block, x, turn, windows)
            if index in self._deep_after:
                found[index] = self.deep[self._deep_after.index(index)](x)
        return torch.cat((self.merger(x), *(found[index] for index in self._deep_after)), dim=-1)

    def _in_windows(self, block: nn.Module, x: Tensor, turn: Rotation, windows: Windows) -> Tensor:
        """One block, each window for itself, those of one size as one batch. Returns: [N, P, D]."""
        sizes = [count * squares * self.cut.square for count, squares in windows.groups]
        made = []
        for (_, squares), part, cos, sin in zip(
            windows.groups, x.split(sizes, dim=1), turn[0].split(sizes), turn[1].split(sizes), strict=True
        ):
            length = squares * self.cut.square
            # Only distances count, so all windows of one size turn as the first of them does.
            seen = block(part.reshape(-1, length, part.shape[2]), (cos[:length], sin[:length]))
            made.append(seen.view(part.shape))
        return torch.cat(made, dim=1)
