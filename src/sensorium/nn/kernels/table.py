"""Programs for the kernels, put together in Python: operations in a table of numbers, and the memory that they use.

What each number means stands with the kernels; here it gets its names. No Numba here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, prod

import torch
from torch import Tensor

PRODUCT, NORM, TURN, LOOK, GATE = 1, 2, 3, 4, 5
SHARED, ONWARD, ALONE = 0, 1, 2
"""How threads do an operation: each a share, and then they wait for each other; the same without waiting, as the next
takes from a thread what it made itself; or each the whole of it, into memory of its own."""
FEW = 2
"""Rows that each thread norms and turns for itself."""
FIELDS = 20
GROUP = 32
"""Numbers that share a scale."""
TILE = 16
"""Rows of a weight that lie together where it has fewer than sixteen bits."""
STRETCH = 256
"""Tokens that attention takes at a time."""


Run = Callable[[Tensor, int], None]
"""Runs a program: [threads, operations, FIELDS] int64, with at most so many threads."""


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


@dataclass(frozen=True, eq=False)
class Own:
    """Memory of which each thread has its own. tensor: [threads, ...]."""

    tensor: Tensor


class Program:
    """Operations for `batch` rows at a time. Tensors that they use are kept alive as long as it is.

    lines: [operations, threads, FIELDS] numbers.
    """

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.kept: list[Tensor] = []
        self.lines: list[list[list[int]]] = []
        self.threads = torch.get_num_threads()

    def memory(self, *shape: int) -> Tensor | Own:
        """For bf16 that lies between a norm or a turn of all rows and what takes it: each thread's own for few rows."""
        if self.batch <= FEW:
            return self._own(*shape, dtype=torch.bfloat16)
        return torch.empty(shape, dtype=torch.bfloat16)

    def product(
        self, x: Tensor | Own, weight: Weight, y: Tensor, *, add: bool = False, parts: int = 1, how: int = SHARED
    ) -> None:
        """To y: x weight + bias, or y + that; `parts`: how many weights these are, each shared out by itself.

        Inputs: x: [B, K] bf16; y: [B, N rounded up to 16] fp32.
        """
        room = None if weight.bits == 16 else self._own(self.batch * weight.width * 5 // 4, dtype=torch.uint8)
        tensors = x, weight.numbers, weight.scales, weight.bias, y
        sizes = (self.batch, weight.rows, weight.width, int(add))
        self._line(PRODUCT, weight.bits, *tensors, *sizes, room, parts, how=how)

    def norm(self, x: Tensor, weight: Tensor, eps: float, out: Tensor | Own) -> None:
        """To out: x / rms(x) * weight.

        Inputs: x: [B, at least D] fp32; weight: [D] fp32; out: [B, D] bf16, or fp32 to add to.
        """
        added = isinstance(out, Tensor) and out.dtype == torch.float32
        where = x, x.shape[1], weight, out
        self._line(NORM, *where, self.batch, len(weight), bits_of(eps), int(added), how=_how(out))

    def turn(self, qkv: Tensor, heads: Heads, how: Turning, queries: Tensor | Own) -> None:
        """Queries turned, keys and values turned and put away. `Table.point` says where.

        Inputs: qkv: [B, at least (H + 2 K) E] fp32; queries: out, [B, H, E] bf16.
        """
        sizes = (self.batch, heads.heads, heads.kv_heads, heads.width)
        ends = how.norms, queries, self._own(heads.width, dtype=torch.float32)
        self._line(TURN, qkv, qkv.shape[1], how.cos, how.sin, 0, 0, 0, 0, *sizes, 0, 0, *ends, how=_how(queries))

    def look(self, queries: Tensor | Own, heads: Heads, scale: float, out: Tensor) -> None:
        """Attention; `Table.point` says to what. Inputs: queries, out: [B, H, E] bf16."""
        sizes = (self.batch, heads.heads, heads.kv_heads, heads.width)
        self._line(LOOK, queries, out, bits_of(scale), 0, 0, 0, 0, 0, *sizes)

    def gate(self, x: Tensor, out: Tensor, *, gelu: bool) -> None:
        """Inputs: x: [B, at least 2 D], gate and up side by side, fp32; out: [B, D] bf16."""
        self._line(GATE, x, x.shape[1], out, self.batch, out.shape[1], int(gelu))

    def _own(self, *shape: int, dtype: torch.dtype) -> Own:
        """Of each thread, apart by whole lines of a cache."""
        size = -(-prod(shape) * dtype.itemsize // 64) * 64
        return Own(torch.empty(self.threads, size // dtype.itemsize, dtype=dtype))

    def _at(self, field: Tensor | Own | int | None, thread: int) -> int:
        """What a field says: a number, or an address, which may be the thread's own."""
        if isinstance(field, int):
            return field
        if field is None:
            return 0
        tensor = field.tensor[thread] if isinstance(field, Own) else field
        self.kept.append(tensor)
        return tensor.data_ptr()

    def _line(self, *fields: Tensor | Own | int | None, how: int = SHARED) -> None:
        numbers = [[self._at(field, thread) for field in fields] for thread in range(self.threads)]
        self.lines.append([[*each, *[0] * (FIELDS - 1 - len(each)), how] for each in numbers])


def _how(out: Tensor | Own) -> int:
    """How threads do what goes there."""
    return ALONE if isinstance(out, Own) else SHARED


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
        self._numbers = torch.tensor(program.lines, dtype=torch.int64).transpose(0, 1).contiguous()
        self._columns = self._numbers.permute(1, 2, 0).numpy()  # [operations, FIELDS, threads]
        self._turns, self._looks = ((self._columns[:, 0, 0] == kind).nonzero()[0] for kind in (TURN, LOOK))
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
        places = where.tables.data_ptr(), where.lengths.data_ptr(), where.page, where.tables.shape[1]
        for lines in (self._turns, looks):
            columns[lines, 5] = [[tensor.data_ptr()] for tensor in keys]
            columns[lines, 6] = [[tensor.data_ptr()] for tensor in values]
            for index, number in zip((7, 8, 13, 14), places, strict=True):
                columns[lines, index] = number
            columns[lines, 18] = [[tensor.shape[-1] * tensor.element_size()] for tensor in keys]
        columns[looks, 15] = [[tensor.data_ptr()] for tensor in starts]
        for index, number in zip((4, 16, 17), (room, self._room.data_ptr(), stretches), strict=True):
            columns[looks, index] = number
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
