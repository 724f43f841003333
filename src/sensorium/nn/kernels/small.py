"""What stands between products: root-mean-square norms, rotary positions with keys and values put away, gates.

All in fp32; what a product takes next is written as bf16. Widths are multiples of 32.
"""

from typing import Any

from sensorium.nn.kernels.coded import store_coded
from sensorium.nn.kernels.lanes import (
    compiled,
    exp,
    field,
    fma,
    inverse_root,
    load_float,
    load_floats,
    over,
    plus,
    spread,
    store_floats,
    store_halves,
    times,
    total,
)
from sensorium.nn.kernels.pages import page_row
from sensorium.nn.kernels.products import share
from sensorium.nn.kernels.table import TILE


@compiled
def norm(op: int, thread: int, threads: int) -> None:
    """Norm: x / rms(x) * weight.

    Fields: 1 x: [M, 2-D rows of field 2 numbers] fp32; 3 weight: [D] fp32; 4 out: [M, D]; 5 M; 6 D; 7 eps; 8 what out
    is: 0 for bf16, 1 for fp32 to which it is added.
    """
    width = field(op, 6)
    for m in range(thread, field(op, 5), threads):
        x, weight = field(op, 1) + 4 * m * field(op, 2), field(op, 3)
        by = _by(x, width, load_float(op + 56))
        for at in range(0, width, 16):
            value = times(times(load_floats(x + 4 * at), by), load_floats(weight + 4 * at))
            if field(op, 8):
                where = field(op, 4) + 4 * (m * width + at)
                store_floats(where, plus(load_floats(where), value))
            else:
                store_halves(field(op, 4) + 2 * (m * width + at), value)


@compiled
def _by(x: int, width: int, eps: float) -> Any:
    """What a norm multiplies by, in all lanes."""
    squares = spread(0.0)
    for at in range(0, width, 16):
        value = load_floats(x + 4 * at)
        squares = fma(value, value, squares)
    return inverse_root(spread(total(squares) / width + eps))


@compiled
def turn(op: int, thread: int, threads: int) -> None:
    """Turn queries and keys by their positions; put queries, keys and values away.

    Fields: 1 rows of queries, keys and values, side by side; 2 numbers from one to the next; 3 cosine, 4 sine, [B, E/2]
    fp32, or 0; 5 to 14 and 18 as in `pages.look`, with the place of the new token; 15 norms, or 0: weights of queries
    and of keys, fp32, and eps; 16 queries, out: [B, H, E] bf16; 17 the thread's room: [E] fp32.
    """
    heads, kv_heads = field(op, 10), field(op, 11)
    each = heads + 2 * kv_heads
    for unit in range(thread, field(op, 9) * each, threads):
        row, head = unit // each, unit % each
        x = field(op, 1) + 4 * (row * field(op, 2) + head * field(op, 12))
        if head >= heads + kv_heads:
            _put_row(op, page_row(op, field(op, 6), row, head - heads - kv_heads), x)
        elif head >= heads:
            _turn_head(op, x, row, 1)
            _put_row(op, page_row(op, field(op, 5), row, head - heads), field(op, 17))
        else:
            _turn_head(op, x, row, 0)
            _halves(field(op, 16) + 2 * (row * heads + head) * field(op, 12), field(op, 17), field(op, 12))


@compiled
def _halves(out: int, x: int, width: int) -> None:
    for at in range(0, width, 16):
        store_halves(out + 2 * at, load_floats(x + 4 * at))


@compiled
def _put_row(op: int, out: int, x: int) -> None:
    """Put a key or a value away, as the others are."""
    if field(op, 18) == 2 * field(op, 12):
        _halves(out, x, field(op, 12))
    else:
        store_coded(out, x, field(op, 12))


@compiled
def _turn_head(op: int, x: int, row: int, which: int) -> None:
    """A query (`which`: 0) or a key (1) into the thread's room."""
    width, norms, out = field(op, 12), field(op, 15), field(op, 17)
    by = _by(x, width, load_float(norms + 16)) if norms else spread(1.0)
    for at in range(0, width, 16):
        value = load_floats(x + 4 * at)
        if norms:
            value = times(times(value, by), load_floats(field(norms, which) + 4 * at))
        store_floats(out + 4 * at, value)
    half, turns = width // 2, field(op, 3)
    for at in range(0, half if turns else 0, 16):
        first, second = load_floats(out + 4 * at), load_floats(out + 4 * (at + half))
        cos, sin = load_floats(turns + 4 * (row * half + at)), load_floats(field(op, 4) + 4 * (row * half + at))
        minus = times(sin, spread(-1.0))
        store_floats(out + 4 * at, fma(second, minus, times(first, cos)))
        store_floats(out + 4 * (at + half), fma(first, sin, times(second, cos)))


@compiled
def gate(op: int, thread: int, threads: int) -> None:
    """Gates: x sigmoid(t) up, where t makes it silu (x), or gelu as by tanh.

    Fields: 1 x and up, side by side: [M, rows of field 2 numbers] fp32; 3 out: [M, D] bf16; 4 M; 5 D; 6 0 for silu.
    Shared out as the product of these two weights is, so that a thread takes what it made itself.
    """
    rows, width = field(op, 4), field(op, 5)
    first, last = share(width // TILE, thread, threads)
    for unit in range(rows * (last - first)):
        row, at = unit // (last - first), (first + unit % (last - first)) * TILE
        x = load_floats(field(op, 1) + 4 * (row * field(op, 2) + at))
        up = load_floats(field(op, 1) + 4 * (row * field(op, 2) + at + width))
        t = x
        if field(op, 6):
            cubed = fma(times(times(x, x), x), spread(0.044715), x)
            t = times(cubed, spread(1.5957691216057308))  # 2 sqrt(2 / pi)
        bottom = plus(exp(times(t, spread(-1.0))), spread(1.0))
        store_halves(field(op, 3) + 2 * (row * width + at), times(over(x, bottom), up))
