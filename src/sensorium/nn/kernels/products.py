"""Rows times a weight, one pass over the weight whatever the number of rows.

Sums of a row are made in the same order however many rows go together, so what one row gives never depends on the
others. Weights of sixteen bits lie as PyTorch has them. Of eight and four bits, sixteen rows of the weight lie together
(nn/quantised.py draws it), so that each lane sums for a row of its own; the rows that they meet are brought to eight
bits first, each group of 32 numbers by a scale of its own.
"""

from typing import Any

from sensorium.nn.kernels.lanes import (
    compiled,
    dot_bytes,
    dot_halves,
    field,
    fma,
    high_nibbles,
    larger,
    largest,
    load_float,
    load_floats,
    load_halves,
    load_int,
    load_ints,
    low_nibbles,
    magnitudes,
    nearest,
    plus,
    plus_ints,
    spread,
    spread_int,
    store_bytes,
    store_float,
    store_floats,
    store_int,
    times,
    to_floats,
    total,
    total_ints,
)
from sensorium.nn.kernels.table import GROUP, TILE


@compiled
def product(op: int, thread: int, threads: int) -> None:
    """Y = x weight + bias, or y + that.

    Fields: 1 bits of the weight; 2 x: [M, K] bf16; 3 weight: [N, K]; 4 its scales; 5 bias: [N] fp32, or 0;
    6 y: [M, N rounded up to 16] fp32; 7 M; 8 N; 9 K; 10 whether to add to what y is; 11 the thread's room; 12 how many
    weights these are, of equal size, each shared out by itself.
    """
    tiles = (field(op, 8) + TILE - 1) // TILE // field(op, 12)
    first, last = share(tiles, thread, threads)
    if first >= last:
        return
    if field(op, 1) < 16:
        to_bytes(field(op, 2), field(op, 11), field(op, 7), field(op, 9))
    for start in range(0, tiles * field(op, 12), tiles):
        if field(op, 1) == 16:
            _halves(op, (start + first) * TILE, min(field(op, 8), (start + last) * TILE))
        else:
            _tiles(op, field(op, 11), start + first, start + last)


@compiled
def share(count: int, thread: int, threads: int) -> tuple[int, int]:
    """The first of a thread's, and the one behind its last."""
    most = (count + threads - 1) // threads
    return thread * most, min(count, thread * most + most)


@compiled
def _halves(op: int, first: int, last: int) -> None:
    x, weight, rows, width = field(op, 2), field(op, 3), field(op, 7), field(op, 9)
    for n in range(first, last):
        row = weight + 2 * n * width
        m = 0
        while m + 4 <= rows:
            _four_halves(op, x + 2 * m * width, row, m, n)
            m += 4
        while m < rows:
            here = x + 2 * m * width
            even = odd = spread(0.0)
            at = 0
            while at + 128 <= 2 * width:
                even = dot_halves(even, load_ints(row + at), load_ints(here + at))
                odd = dot_halves(odd, load_ints(row + at + 64), load_ints(here + at + 64))
                at += 128
            if at < 2 * width:
                even = dot_halves(even, load_ints(row + at), load_ints(here + at))
            _put(op, m, n, total(plus(even, odd)))
            m += 1


@compiled
def _four_halves(op: int, x: int, row: int, m: int, n: int) -> None:
    """As for one row, four times, so that the weight is read from the cache once."""
    width = field(op, 9)
    step = 2 * width
    even0 = even1 = even2 = even3 = odd0 = odd1 = odd2 = odd3 = spread(0.0)
    at = 0
    while at + 128 <= step:
        left, right, here = load_ints(row + at), load_ints(row + at + 64), x + at
        even0 = dot_halves(even0, left, load_ints(here))
        odd0 = dot_halves(odd0, right, load_ints(here + 64))
        even1 = dot_halves(even1, left, load_ints(here + step))
        odd1 = dot_halves(odd1, right, load_ints(here + step + 64))
        even2 = dot_halves(even2, left, load_ints(here + 2 * step))
        odd2 = dot_halves(odd2, right, load_ints(here + 2 * step + 64))
        even3 = dot_halves(even3, left, load_ints(here + 3 * step))
        odd3 = dot_halves(odd3, right, load_ints(here + 3 * step + 64))
        at += 128
    if at < step:
        left, here = load_ints(row + at), x + at
        even0 = dot_halves(even0, left, load_ints(here))
        even1 = dot_halves(even1, left, load_ints(here + step))
        even2 = dot_halves(even2, left, load_ints(here + 2 * step))
        even3 = dot_halves(even3, left, load_ints(here + 3 * step))
    _put(op, m, n, total(plus(even0, odd0)))
    _put(op, m + 1, n, total(plus(even1, odd1)))
    _put(op, m + 2, n, total(plus(even2, odd2)))
    _put(op, m + 3, n, total(plus(even3, odd3)))


@compiled
def _put(op: int, m: int, n: int, value: float) -> None:
    room = (field(op, 8) + TILE - 1) // TILE * TILE
    where, bias = field(op, 6) + 4 * (m * room + n), field(op, 5)
    if bias:
        value += load_float(bias + 4 * n)
    if field(op, 10):
        value += load_float(where)
    store_float(where, value)


@compiled
def to_bytes(x: int, room: int, rows: int, width: int) -> None:
    """Rows in eight bits: bytes [M, K], then for each group the scale (fp32) and the sum of its bytes (int32)."""
    scales = room + rows * width
    groups = width // GROUP
    for group in range(rows * groups):
        low, high = load_halves(x + 64 * group), load_halves(x + 64 * group + 32)
        peak = largest(larger(magnitudes(low), magnitudes(high)))
        scale = peak / 127.0
        by = spread(127.0 / peak if peak > 0 else peak)  # a number that is none stays none
        first, second = nearest(times(low, by)), nearest(times(high, by))
        store_bytes(room + GROUP * group, first)
        store_bytes(room + GROUP * group + 16, second)
        store_float(scales + 8 * group, scale)
        store_int(scales + 8 * group + 4, total_ints(first) + total_ints(second))


@compiled
def _tiles(op: int, room: int, first: int, last: int) -> None:
    bits, rows, width = field(op, 1), field(op, 7), field(op, 9)
    groups = width // GROUP
    size = TILE * GROUP * bits // 8 * groups
    marks = room + rows * width
    for tile in range(first, last):
        codes, scales = field(op, 3) + tile * size, field(op, 4) + 2 * TILE * tile * groups
        for m in range(rows):
            sums = spread(0.0)
            for group in range(groups):
                there = m * groups + group
                here, of_x = room + GROUP * there, load_int(marks + 8 * there + 4)
                if bits == 4:
                    part = _four_bits(codes + 256 * group, here, of_x)
                else:
                    part = _eight_bits(codes + 512 * group, here, of_x)
                scaled = times(to_floats(part), spread(load_float(marks + 8 * there)))
                sums = fma(scaled, load_halves(scales + 2 * TILE * group), sums)
            _put_tile(op, m, tile, sums)


@compiled
def _eight_bits(codes: int, x: int, total_of_x: int) -> Any:
    """Sums of a group for sixteen rows of the weight, whose bytes stand for 128 less."""
    even, odd = spread_int(-128 * total_of_x), spread_int(0)
    for at in range(0, 8, 2):
        even = dot_bytes(even, load_ints(codes + 64 * at), spread_int(load_int(x + 4 * at)))
        odd = dot_bytes(odd, load_ints(codes + 64 * at + 64), spread_int(load_int(x + 4 * at + 4)))
    return plus_ints(even, odd)


@compiled
def _four_bits(codes: int, x: int, total_of_x: int) -> Any:
    """The same for half bytes, which stand for 8 less: low ones for the group's first 16 numbers."""
    even, odd = spread_int(-8 * total_of_x), spread_int(0)
    for at in range(4):
        both = load_ints(codes + 64 * at)
        even = dot_bytes(even, low_nibbles(both), spread_int(load_int(x + 4 * at)))
        odd = dot_bytes(odd, high_nibbles(both), spread_int(load_int(x + 4 * at + 16)))
    return plus_ints(even, odd)


@compiled
def _put_tile(op: int, m: int, tile: int, sums: Any) -> None:
    room = (field(op, 8) + TILE - 1) // TILE * TILE
    where, bias = field(op, 6) + 4 * (m * room + TILE * tile), field(op, 5)
    if bias:
        sums = plus(sums, load_floats(bias + 4 * TILE * tile))
    if field(op, 10):
        sums = plus(sums, load_floats(where))
    store_floats(where, sums)
