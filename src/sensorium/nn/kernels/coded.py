"""Attention over a stretch of keys and values of eight bits; behind each row of codes is its scale (nn/coded.py).

Products are of whole numbers: queries and weights get fifteen bits, as 128 times a first byte and a second of seven.

    A task is as in halves.py. Its room:

    scales of keys [256] fp32, those of values; then of each head
        scores [256] fp32, then weights: of each sixteen their first bytes, their second bytes, 32 that mean nothing
        scale and sum of the query; scale and sum of the weights
        the query: first bytes, then second bytes, each padded with zeros to a multiple of 64
"""

from typing import Any

from sensorium.nn.kernels.halves import part_of, peak_of, rows_ahead
from sensorium.nn.kernels.lanes import (
    ahead,
    compiled,
    dot_bytes,
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
from sensorium.nn.kernels.table import STRETCH, TILE
from sensorium.nn.kernels.weave import (
    above_seven,
    first_quarters,
    fold_ints,
    high_bytes,
    high_shorts,
    last_quarters,
    last_seven,
    load_half,
    low_bytes,
    low_shorts,
    times_128,
)

MOST = 16383.0
"""The largest number of fifteen bits, one of them for the sign."""


@compiled
def store_coded(where: int, numbers: int, width: int) -> None:
    """Write a row as codes and its scale. Inputs: numbers: [E] fp32."""
    peaks = magnitudes(load_floats(numbers))
    for at in range(16, width, 16):
        peaks = larger(magnitudes(load_floats(numbers + 4 * at)), peaks)
    peak = largest(peaks)
    by = spread(127.0 / peak if peak > 0 else peak)  # a number that is none stays none
    for at in range(0, width, 16):
        codes = nearest(times(load_floats(numbers + 4 * at), by))
        store_bytes(where + at, plus_ints(codes, spread_int(128)))
    store_float(where + width, peak / 127.0)


@compiled
def _head(op: int, task: int, g: int) -> int:
    """Where what is kept of a head begins."""
    return task + 64 + 8 * STRETCH + 4 * (STRETCH + TILE + field(op, 12)) * g


@compiled
def _scales(memory: int, places: int, count: int, width: int, out: int) -> None:
    """Of a stretch's rows, side by side."""
    for at in range((count + 15) // 16 * 16):
        store_float(out + 4 * at, load_float(memory + load_word(places + 8 * at) + width))


@compiled
def score_coded(op: int, task: int) -> None:
    """Products of queries and keys, for all heads that share them."""
    keys, width, places, count, scales = field(op, 5), field(op, 12), field(task, 2), field(task, 4), task + 64
    _scales(keys, places, count, width, scales)
    for g in range(field(op, 10) // field(op, 11)):
        scores = _head(op, task, g)
        facts = scores + 4 * STRETCH
        _take_query(field(task, 0) + 2 * width * g, width, facts)
        by, less = spread(load_float(facts)), spread_int(-128 * load_int(facts + 4))
        for at in range(0, count, 16):
            here = places + 8 * at
            if g == 0:
                rows_ahead(field(op, 6), here, 16, width)
            left = fold_ints(_four(keys, here, facts + 16, width), _four(keys, here + 32, facts + 16, width))
            right = fold_ints(_four(keys, here + 64, facts + 16, width), _four(keys, here + 96, facts + 16, width))
            sums = to_floats(plus_ints(fold_ints(left, right), less))
            store_floats(scores + 4 * at, times(times(sums, by), load_floats(scales + 4 * at)))


@compiled
def _take_query(query: int, width: int, facts: int) -> None:
    """A query in two times eight bits, behind its scale and its sum."""
    peaks, second = magnitudes(load_halves(query)), facts + 16 + (width + 63) // 64 * 64
    for at in range(16, width, 16):
        peaks = larger(magnitudes(load_halves(query + 2 * at)), peaks)
    peak, sums = largest(peaks), spread_int(0)
    by = spread(MOST / peak if peak > 0 else peak)
    for at in range(0, width, 16):
        numbers = nearest(times(load_halves(query + 2 * at), by))
        store_bytes(facts + 16 + at, above_seven(numbers))
        store_bytes(second + at, last_seven(numbers))
        sums = plus_ints(sums, numbers)
    for at in range(width, (width + 63) // 64 * 64, 16):
        store_bytes(facts + 16 + at, spread_int(0))
        store_bytes(second + at, spread_int(0))
    store_float(facts, peak / MOST)
    store_int(facts + 4, total_ints(sums))


@compiled
def _four(keys: int, places: int, query: int, width: int) -> Any:
    """Products of a query and four rows of codes, each in four lanes that are yet to be summed."""
    key0, key1 = keys + load_word(places), keys + load_word(places + 8)
    key2, key3 = keys + load_word(places + 16), keys + load_word(places + 24)
    sums0 = sums1 = sums2 = sums3 = spread_int(0)
    for _ in range(2):
        sums0, sums1, sums2, sums3 = times_128(sums0), times_128(sums1), times_128(sums2), times_128(sums3)
        at = 0
        while at < width:
            asked, short = load_ints(query), width - at < 64
            sums0 = dot_bytes(sums0, codes_of(key0 + at, short), asked)
            sums1 = dot_bytes(sums1, codes_of(key1 + at, short), asked)
            sums2 = dot_bytes(sums2, codes_of(key2 + at, short), asked)
            sums3 = dot_bytes(sums3, codes_of(key3 + at, short), asked)
            query += 64
            at += 64
    return fold_ints(fold_ints(sums0, sums1), fold_ints(sums2, sums3))


@compiled
def codes_of(where: int, short: bool) -> Any:
    """64 codes of a row, or its last 32."""
    return load_half(where) if short else load_ints(where)


@compiled
def weigh_coded(op: int, task: int) -> None:
    """exp(score - largest) * scale of the value in place of scores; the largest and the sum into each head's part."""
    scale, count, scales = load_float(op + 24), field(task, 4), task + 64 + 4 * STRETCH
    _scales(field(op, 6), field(task, 2), count, field(op, 12), scales)
    for g in range(field(op, 10) // field(op, 11)):
        scores, part = _head(op, task, g), part_of(op, task, g)
        peak = peak_of(scores, count)
        less, by, sums, most = spread(-peak * scale), spread(scale), spread(0.0), spread(0.0)
        for at in range(0, count, 16):
            weights = exp(fma(load_floats(scores + 4 * at), by, less))
            sums = plus(sums, weights)
            weights = times(weights, load_floats(scales + 4 * at))
            most = larger(weights, most)
            store_floats(scores + 4 * at, weights)
        store_float(part, peak)
        store_float(part + 4, total(sums))
        _take_weights(scores, count, largest(most))


@compiled
def _take_weights(weights: int, count: int, most: float) -> None:
    """Weights in two times eight bits, in their place, their scale and their sum behind them."""
    by, sums = spread(MOST / most if most > 0 else most), spread_int(0)
    for at in range(0, count, 16):
        numbers = nearest(times(load_floats(weights + 4 * at), by))
        store_bytes(weights + 4 * at, above_seven(numbers))
        store_bytes(weights + 4 * at + 16, last_seven(numbers))
        sums = plus_ints(sums, numbers)
    store_float(weights + 4 * STRETCH + 8, most / MOST)
    store_int(weights + 4 * STRETCH + 12, total_ints(sums))


@compiled
def mix_coded(op: int, task: int) -> None:
    """Sums of values by their weights into each head's part; keys of the next stretch are asked for."""
    for g in range(0, field(op, 10) // field(op, 11), 3):
        for at in range(0, field(op, 12), 64):
            _mix(op, task, g, at)


@compiled
def _mix(op: int, task: int, g: int, at: int) -> None:
    """Up to 64 columns for up to three heads from g on; the last one stands in for those that are missing."""
    keys, values, last = field(op, 5) + at, field(op, 6) + at, field(op, 10) // field(op, 11) - 1
    places, there, short = field(task, 2), field(task, 3), field(op, 12) - at < 64
    g1, g2, zero = min(g + 1, last), min(g + 2, last), spread_int(0)
    head0, head1, head2 = _head(op, task, g), _head(op, task, g1), _head(op, task, g2)
    first0 = first1 = first2 = second0 = second1 = second2 = (zero, zero, zero, zero)
    for t in range(0, field(task, 4), 4):
        rows = _four_columns(values, places + 8 * t, short)
        for each in range(4):
            ahead(keys + load_word(there + 8 * (t + each)))
        where = t // 16 * 64 + t % 16
        first0, second0 = _add(first0, rows, head0 + where), _add(second0, rows, head0 + where + 16)
        first1, second1 = _add(first1, rows, head1 + where), _add(second1, rows, head1 + where + 16)
        first2, second2 = _add(first2, rows, head2 + where), _add(second2, rows, head2 + where + 16)
    _put(part_of(op, task, g) + 4 * at, first0, second0, head0, short)
    _put(part_of(op, task, g1) + 4 * at, first1, second1, head1, short)
    _put(part_of(op, task, g2) + 4 * at, first2, second2, head2, short)


@compiled
def _four_columns(values: int, places: int, short: bool) -> Any:
    """Of four rows the codes of each column side by side: columns 0 to 3 of each sixteen, 4 to 7, 8 to 11, 12 to 15."""
    a, b = codes_of(values + load_word(places), short), codes_of(values + load_word(places + 8), short)
    c, d = codes_of(values + load_word(places + 16), short), codes_of(values + load_word(places + 24), short)
    low, more, high, most = low_bytes(a, b), low_bytes(c, d), high_bytes(a, b), high_bytes(c, d)
    return low_shorts(low, more), high_shorts(low, more), low_shorts(high, most), high_shorts(high, most)


@compiled
def _add(sums: Any, rows: Any, weights: int) -> Any:
    """Four rows by a byte of their weights."""
    by = spread_int(load_int(weights))
    return (
        dot_bytes(sums[0], rows[0], by),
        dot_bytes(sums[1], rows[1], by),
        dot_bytes(sums[2], rows[2], by),
        dot_bytes(sums[3], rows[3], by),
    )


@compiled
def _put(part: int, first: Any, second: Any, head: int, short: bool) -> None:
    """Up to 64 sums of a head into its part, in the order of their columns."""
    facts, where = head + 4 * STRETCH, part + 64
    by, less = spread(load_float(facts + 8)), spread_int(-128 * load_int(facts + 12))
    sums0 = times(to_floats(plus_ints(plus_ints(times_128(first[0]), second[0]), less)), by)
    sums1 = times(to_floats(plus_ints(plus_ints(times_128(first[1]), second[1]), less)), by)
    sums2 = times(to_floats(plus_ints(plus_ints(times_128(first[2]), second[2]), less)), by)
    sums3 = times(to_floats(plus_ints(plus_ints(times_128(first[3]), second[3]), less)), by)
    even, odd = first_quarters(sums0, sums2), first_quarters(sums1, sums3)
    store_floats(where, first_quarters(even, odd))
    store_floats(where + 64, last_quarters(even, odd))
    if not short:
        even, odd = last_quarters(sums0, sums2), last_quarters(sums1, sums3)
        store_floats(where + 128, first_quarters(even, odd))
        store_floats(where + 192, last_quarters(even, odd))
