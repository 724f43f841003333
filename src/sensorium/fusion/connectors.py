"""Connectors: feature rows of an encoder to the width, and to fewer rows, of the language model.

All keep one contract: `forward(rows [N, S, D], grid) -> [N, S', out]`, and `rows_out(grid)`, which is S', so that
placeholders can be counted before anything is encoded. Here are those that go row by row, or join neighbours;
resampler.py has those that ask with learned queries, config.py builds any of them.
"""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.nn.mlp import Mlp

Grid = Sequence[int]
"""The cells that rows lie in, in reading order: (rows, columns) of a picture, (length,) of a sound, (time, rows,
columns) of a film."""


class MlpConnector(nn.Module):
    """Norm, then two layers, row by row."""

    def __init__(self, *, width: int, hidden: int, out: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden, out)

    def forward(self, rows: Tensor) -> Tensor:
        """Inputs: rows: [N, S, D]. Returns: [N, S, out]."""
        return self.mlp(self.norm(rows))


class RowConnector(nn.Module):
    """Neighbours joined, or not, and then a projection, row by row."""

    def __init__(self, *, project: nn.Module, factors: Sequence[int] = (), mean: bool = False) -> None:
        """Build.

        Args:
            project: joined rows to the language model's width.
            factors: cells along each axis of the grid that become one row; empty where rows stay as they are.
            mean: take the mean of the rows of a block (average pooling); they stand side by side without it (pixel
                shuffle).
        """
        super().__init__()
        self.project = project
        self.factors = tuple(factors)
        self._join = pool if mean else fold

    def rows_out(self, grid: Grid) -> int:
        """How many rows come of a grid. Raises: ConfigError when blocks do not fill it."""
        return prod(folded(grid, self.factors) if self.factors else grid)

    def forward(self, rows: Tensor, grid: Grid) -> Tensor:
        """Inputs: rows: [N, S, D], S the cells of `grid`. Returns: [N, rows_out(grid), out].

        Raises: ConfigError when blocks do not fill the grid.
        """
        return self.project(self._join(rows, grid, self.factors) if self.factors else rows)


def folded(grid: Grid, factors: Sequence[int]) -> tuple[int, ...]:
    """The grid of blocks of a grid. Raises: ConfigError when blocks do not fill it."""
    if len(grid) != len(factors) or any(size % factor for size, factor in zip(grid, factors, strict=True)):
        raise ConfigError(
            f"connector: blocks of {_sizes(factors)} rows do not fill a grid of {_sizes(grid)}; expected one factor "
            "for each axis, which divides it. Change the factors of the connector, or the size of the media."
        )
    return tuple(size // factor for size, factor in zip(grid, factors, strict=True))


def fold(rows: Tensor, grid: Grid, factors: Sequence[int]) -> Tensor:
    """Put the rows of each block of neighbouring cells side by side, in reading order.

    Inputs: rows: [N, S, D], S the cells of `grid`; factors: cells of a block along each axis, each a divisor.

    Returns: [N, S / prod(factors), prod(factors) D], blocks in reading order.

    Raises: ConfigError when blocks do not fill the grid.
    """
    axes = len(factors)
    sizes = [size for pair in zip(folded(grid, factors), factors, strict=True) for size in pair]
    cells = rows.reshape(len(rows), *sizes, rows.shape[-1])  # [N, blocks, factor, blocks, factor, ..., D]
    outside, inside = range(1, 2 * axes, 2), range(2, 2 * axes + 1, 2)
    return cells.permute(0, *outside, *inside, -1).flatten(axes + 1).flatten(1, axes)


def pool(rows: Tensor, grid: Grid, factors: Sequence[int]) -> Tensor:
    """The mean row of each block. Inputs and errors: as `fold`. Returns: [N, S / prod(factors), D]."""
    return fold(rows, grid, factors).unflatten(-1, (-1, rows.shape[-1])).mean(dim=2)


def fold_grid(rows: Tensor, height: int, width: int, factor: int = 2) -> Tensor:
    """Join each square of `factor` x `factor` rows of a grid into one (pixel shuffle of Idefics3, Qwen2-VL's merger).

    Inputs: rows: [N, height*width, D] in reading order, both sides multiples of `factor`.

    Returns: [N, height/factor * width/factor, factor^2 D].
    """
    return fold(rows, (height, width), (factor, factor))


def fold_time(rows: Tensor, factor: int) -> Tensor:
    """Join each `factor` neighbours in time into one row. Inputs: rows: [N, S, D]. Returns: [N, S/factor, factor D]."""
    return fold(rows, rows.shape[1:2], (factor,))


def _sizes(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes)) or "no"
