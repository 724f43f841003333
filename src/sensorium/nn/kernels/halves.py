"""Attention over a stretch of keys and values of bf16: scores, weights, sums of values.

A stretch is told by its task, five words: where its queries [H/K, E] bf16 are, the part of its first head, the places
of its keys, those of the next stretch's, how many tokens it has. 24 unused bytes behind them, its room begins:

    scores [H/K, 256] fp32; then weights, bf16, in the first half of each row
"""

from typing import Any

from sensorium.nn.kernels.lanes import (
    ahead,
    compiled,
    dot_halves,
    exp,
    field,
    fma,
    larger,
    largest,
    load_float,
    load_floats,
    load_halves,
    load_int,
    load_ints,
    load_word,
    plus,
    spread,
    spread_int,
    store_float,
    store_floats,
    store_halves,
    total,
)
from sensorium.nn.kernels.table import STRETCH
from sensorium.nn.kernels.weave import first_pairs, fold, last_pairs


@compiled
def part_of(op: int, task: int, g: int) -> int:
    """Where the part of a head is."""
    return field(task, 1) + field(op, 17) * (64 + 4 * field(op, 12)) * g


@compiled
def rows_ahead(memory: int, places: int, count: int, size: int) -> None:
    """Ask for rows of so many bytes."""
    for at in range(count):
        for line in range(0, size, 64):
            ahead(memory + load_word(places + 8 * at) + line)


@compiled
def score_halves(op: int, task: int) -> None:
    """Products of queries and keys, for all heads that share them."""
    width, query, places, count, room = field(op, 12), field(task, 0), field(task, 2), field(task, 4), task + 64
    for g in range(field(op, 10) // field(op, 11)):
        for at in range(0, count, 16):
            if g == 0:
                rows_ahead(field(op, 6), places + 8 * at, 16, 2 * width)
            mine = room + 4 * (STRETCH * g + at)
            store_floats(mine, _sixteen(query + 2 * width * g, field(op, 5), places + 8 * at, width))


@compiled
def _sixteen(query: int, keys: int, places: int, width: int) -> Any:
    """Products of a query and sixteen keys."""
    left = fold(_four(query, keys, places, width), _four(query, keys, places + 32, width))
    return fold(left, fold(_four(query, keys, places + 64, width), _four(query, keys, places + 96, width)))


@compiled
def _four(query: int, keys: int, places: int, width: int) -> Any:
    """Products of a query and four keys, each in four lanes that are yet to be summed."""
    key0, key1 = keys + load_word(places), keys + load_word(places + 8)
    key2, key3 = keys + load_word(places + 16), keys + load_word(places + 24)
    sums0 = sums1 = sums2 = sums3 = spread(0.0)
    for at in range(0, 2 * width, 64):
        asked = load_ints(query + at)
        sums0 = dot_halves(sums0, asked, load_ints(key0 + at))
        sums1 = dot_halves(sums1, asked, load_ints(key1 + at))
        sums2 = dot_halves(sums2, asked, load_ints(key2 + at))
        sums3 = dot_halves(sums3, asked, load_ints(key3 + at))
    return fold(fold(sums0, sums1), fold(sums2, sums3))


@compiled
def peak_of(scores: int, count: int) -> float:
    """The largest of a stretch; those behind its end, up to a multiple of sixteen, become too small to count."""
    padded = (count + 15) // 16 * 16
    for at in range(count, padded):
        store_float(scores + 4 * at, -3e38)
    peaks = load_floats(scores)
    for at in range(16, padded, 16):
        peaks = larger(load_floats(scores + 4 * at), peaks)
    return largest(peaks)


@compiled
def weigh_halves(op: int, task: int) -> None:
    """exp(score - largest) in place of scores; the largest and the sum into each head's part."""
    scale, count = load_float(op + 24), field(task, 4)
    for g in range(field(op, 10) // field(op, 11)):
        scores, part = task + 64 + 4 * STRETCH * g, part_of(op, task, g)
        peak = peak_of(scores, count)
        less, by, sums = spread(-peak * scale), spread(scale), spread(0.0)
        for at in range(0, count, 16):
            store_halves(scores + 2 * at, exp(fma(load_floats(scores + 4 * at), by, less)))
            sums = plus(sums, load_halves(scores + 2 * at))
        store_float(part, peak)
        store_float(part + 4, total(sums))


@compiled
def mix_halves(op: int, task: int) -> None:
    """Sums of values by their weights into each head's part; keys of the next stretch are asked for."""
    for g in range(0, field(op, 10) // field(op, 11), 4):
        for at in range(0, 2 * field(op, 12), 64):
            _mix(op, task, g, at)


@compiled
def _mix(op: int, task: int, g: int, at: int) -> None:
    """Thirty-two columns for up to four heads from g on; the last one stands in for those that are missing."""
    keys, values, last = field(op, 5) + at, field(op, 6) + at, field(op, 10) // field(op, 11) - 1
    g1, g2, g3 = min(g + 1, last), min(g + 2, last), min(g + 3, last)
    places, there, room, each = field(task, 2), field(task, 3), task + 64, 4 * STRETCH
    weights, weights1, weights2, weights3 = room + each * g, room + each * g1, room + each * g2, room + each * g3
    left0 = left1 = left2 = left3 = right0 = right1 = right2 = right3 = spread(0.0)
    for pair in range(0, field(task, 4), 2):
        ahead(keys + load_word(there + 8 * pair))
        ahead(keys + load_word(there + 8 * pair + 8))
        even = load_ints(values + load_word(places + 8 * pair))
        odd = load_ints(values + load_word(places + 8 * pair + 8))
        left, right = first_pairs(even, odd), last_pairs(even, odd)
        by = spread_int(load_int(weights + 2 * pair))
        left0, right0 = dot_halves(left0, left, by), dot_halves(right0, right, by)
        by = spread_int(load_int(weights1 + 2 * pair))
        left1, right1 = dot_halves(left1, left, by), dot_halves(right1, right, by)
        by = spread_int(load_int(weights2 + 2 * pair))
        left2, right2 = dot_halves(left2, left, by), dot_halves(right2, right, by)
        by = spread_int(load_int(weights3 + 2 * pair))
        left3, right3 = dot_halves(left3, left, by), dot_halves(right3, right, by)
    _put(part_of(op, task, g) + 2 * at, left0, right0)
    _put(part_of(op, task, g1) + 2 * at, left1, right1)
    _put(part_of(op, task, g2) + 2 * at, left2, right2)
    _put(part_of(op, task, g3) + 2 * at, left3, right3)


@compiled
def _put(part: int, left: Any, right: Any) -> None:
    store_floats(part + 64, left)
    store_floats(part + 128, right)
