"""Programs for the kernels, put together in Python: operations in a table of numbers, and the memory that they use.

What each number means stands with the kernels; here it gets its names. No Numba here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor

PRODUCT, NORM, TURN, LOOK, GATE = 1, 2, 3, 4, 5
FIELDS = 19
GROUP = 32
"""Numbers that share a scale."""
TILE = 16
"""Rows of a weight that lie together where it has fewer than sixteen bits."""
STRETCH = 256
"""Tokens that attention takes at a time."""


Run = Callable[[Tensor, int], None]
"""Runs a program: [operations, FIELDS] int64, with at most so many threads."""


@dataclass(frozen=True, eq=False)
class Weight:
    """What rows are multiplied by.

    numbers: [N, K] bf16, or codes (nn/quantised.py). scales: of codes. bias: [N rounded up to 16] fp32.
    """

    numbers: Tensor
    rows: int
    width: int
    bits: int = 16
    scales: Tensor | None = None
    bias: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Heads:
    """Sizes of attention. heads: H. kv_heads: K. width: E."""

    heads: int
    kv_heads: int
    width: int


@dataclass(frozen=True, eq=False)
class Turning:
    """How queries and keys are made of a product. norms: [3] int64, addresses of weights and eps, or None."""

    cos: Tensor | None
    sin: Tensor | None
    norms: Tensor | None = None


def padded(rows: int) -> int:
    """Rows rounded up to whole tiles."""
    return ceil(rows / TILE) * TILE


def bits_of(number: float) -> int:
    """A number as fp32, whose bits a field holds."""
    return int(torch.tensor(number, dtype=torch.float32).view(torch.int32))


class Program:
    """Operations for `batch` rows at a time. Tensors that they use are kept alive as long as it is."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.kept: list[Tensor] = []
        self.lines: list[list[int]] = []
        self.threads = torch.get_num_threads()

    def product(self, x: Tensor, weight: Weight, y: Tensor, *, add: bool = False) -> None:
        """To y: x weight + bias, or y + that. Inputs: x: [B, K] bf16; y: [B, N rounded up to 16] fp32."""
        room, each = 0, 0
        if weight.bits < 16:
            each = -(-self.batch * weight.width * 5 // 4 // 64) * 64
            room = self._at(torch.empty(self.threads * each, dtype=torch.uint8))
        numbers, scales, bias = self._at(weight.numbers), self._at(weight.scales), self._at(weight.bias)
        sizes = (self.batch, weight.rows, weight.width, int(add), room, each)
        self._line(PRODUCT, weight.bits, self._at(x), numbers, scales, bias, self._at(y), *sizes)

    def norm(self, x: Tensor, weight: Tensor, eps: float, out: Tensor) -> None:
        """To out: x / rms(x) * weight.

        Inputs: x: [B, at least D] fp32; weight: [D] fp32; out: [B, D] bf16, or fp32 to add to.
        """
        where = self._at(x), x.shape[1], self._at(weight), self._at(out)
        self._line(NORM, *where, self.batch, len(weight), bits_of(eps), int(out.dtype == torch.float32))

    def turn(self, qkv: Tensor, heads: Heads, how: Turning, queries: Tensor) -> None:
        """Queries turned, keys and values turned and put away. `Table.point` says where.

        Inputs: qkv: [B, at least (H + 2 K) E] fp32; queries: out, [B, H, E] bf16.
        """
        turns = self._at(how.cos), self._at(how.sin)
        sizes = (self.batch, heads.heads, heads.kv_heads, heads.width)
        ends = self._at(how.norms), self._at(queries)
        self._line(TURN, self._at(qkv), qkv.shape[1], *turns, 0, 0, 0, 0, *sizes, 0, 0, *ends)

    def look(self, queries: Tensor, heads: Heads, scale: float, out: Tensor) -> None:
        """Attention; `Table.point` says to what. Inputs: queries, out: [B, H, E] bf16."""
        sizes = (self.batch, heads.heads, heads.kv_heads, heads.width)
        self._line(LOOK, self._at(queries), self._at(out), bits_of(scale), 0, 0, 0, 0, 0, *sizes)

    def gate(self, x: Tensor, out: Tensor, *, gelu: bool) -> None:
        """Inputs: x: [B, at least 2 D], gate and up side by side, fp32; out: [B, D] bf16."""
        self._line(GATE, self._at(x), x.shape[1], self._at(out), self.batch, out.shape[1], int(gelu))

    def _at(self, tensor: Tensor | None) -> int:
        if tensor is None:
            return 0
        self.kept.append(tensor)
        return tensor.data_ptr()

    def _line(self, *fields: int) -> None:
        self.lines.append([*fields, *[0] * (FIELDS - len(fields))])


@dataclass(frozen=True, eq=False)
class Pointed:
    """Where the keys and values of sequences are.

    tables: [B, most pages] int32. lengths: [B] int32, the newest token included. page: rows of one.
    """

    tables: Tensor
    lengths: Tensor
    page: int


class Table:
    """A program, ready to run, and its numbers that change from step to step."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._numbers = torch.tensor(program.lines, dtype=torch.int64)
        self._columns = self._numbers.numpy()
        self._turns, self._looks = ((self._columns[:, 0] == kind).nonzero()[0] for kind in (TURN, LOOK))
        self._sizes = [int(self._columns[self._looks, index].max(initial=1)) for index in (10, 11, 12)]
        self._room = torch.empty(0)
        self._kept: tuple[Tensor, ...] = ()

    def point(self, keys: Sequence[Tensor], values: Sequence[Tensor], where: Pointed, starts: Sequence[Tensor]) -> None:
        """Say where keys and values of all layers are.

        Inputs: keys, values: [blocks, K, page, E] bf16 each, or as nn/coded.py makes them; starts: [B] int32 each,
        the first token that is looked at.
        """
        columns, looks = self._columns, self._looks
        stretches = ceil(int(where.lengths.max()) / STRETCH)
        room = self._make_room(stretches)
        places = [tensor.data_ptr() for tensor in (where.tables, where.lengths)]
        for lines in (self._turns, looks):
            columns[lines, 5] = [tensor.data_ptr() for tensor in keys]
            columns[lines, 6] = [tensor.data_ptr() for tensor in values]
            columns[lines, 7:9] = places
            columns[lines, 13:15] = where.page, where.tables.shape[1]
            columns[lines, 18] = [tensor.shape[-1] * tensor.element_size() for tensor in keys]
        columns[looks, 15] = [tensor.data_ptr() for tensor in starts]
        columns[looks, 4], columns[looks, 16:18] = room, (self._room.data_ptr(), stretches)
        self._kept = (where.tables, where.lengths, *starts)

    def _make_room(self, stretches: int) -> int:
        """Memory of each thread, and behind it of what stretches give. Returns: where that is."""
        heads, kv_heads, width = self._sizes
        own = self._program.threads * (6 * STRETCH + TILE + heads // kv_heads * (STRETCH + width + TILE))
        needed = own + self._program.batch * heads * stretches * (width + TILE)
        if self._room.numel() < needed:
            self._room = torch.empty(needed)
        return self._room.data_ptr() + 4 * own

    def run(self, runner: Run) -> None:
        """All operations."""
        runner(self._numbers, self._program.threads)
