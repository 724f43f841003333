"""Attention of one token each over keys and values in pages; a sequence's pages lie anywhere.

    keys, values   [blocks, K, page, E] bf16
    tables         [B, most pages] int32: the block of each page of a sequence

A cache whose sequences lie side by side is one whose pages are as long as it: the same code is for both.

Tokens are taken in stretches, counted from the first that a sequence looks at. A stretch of one key head, for all heads
that share it, is the work of one thread; what stretches give is joined in their order. So nothing depends on how many
threads there are, nor on the other sequences.

    room of a thread    places [256] int64: where a token's key begins, counted from the first key
                        scores [H/K, 256] fp32; then weights, bf16, in the first half of each row
    part [B, H, most stretches] of   largest score, sum of weights, 14 unused; sums of values [E] fp32
"""

from typing import Any

from sensorium.nn.kernels.lanes import (
    compiled,
    dot_halves,
    exp,
    field,
    first_pairs,
    fma,
    fold,
    larger,
    largest,
    last_pairs,
    load_float,
    load_floats,
    load_halves,
    load_int,
    load_ints,
    load_word,
    over,
    plus,
    spread,
    spread_int,
    store_float,
    store_floats,
    store_halves,
    store_word,
    times,
    total,
    wait,
)
from sensorium.nn.kernels.table import STRETCH


@compiled
def _page(op: int, pages: int, row: int, kv_head: int, page: int) -> int:
    """Where a head's rows of a page begin."""
    block = load_int(field(op, 7) + 4 * (row * field(op, 14) + page))
    return pages + 2 * field(op, 12) * field(op, 13) * (block * field(op, 11) + kv_head)


@compiled
def page_row(op: int, pages: int, row: int, kv_head: int) -> int:
    """Where the row of a sequence's newest token is."""
    place, size = load_int(field(op, 8) + 4 * row) - 1, field(op, 13)
    return _page(op, pages, row, kv_head, place // size) + 2 * field(op, 12) * (place % size)


@compiled
def look(op: int, thread: int, threads: int) -> None:
    """softmax(query key * scale) value.

    Fields: 1 queries: [B, H, E] bf16; 2 out: [B, H, E] bf16; 3 scale; 4 parts; 5 keys; 6 values; 7 tables; 8 lengths:
    [B] int32, how many tokens are looked at, the newest included; 9 B; 10 H; 11 K; 12 E; 13 rows of a page; 14 most
    pages; 15 starts: [B] int32, the first token that is looked at; 16 room of all threads; 17 most stretches.
    """
    batch, heads, kv_heads = field(op, 9), field(op, 10), field(op, 11)
    group, several = heads // kv_heads, field(op, 17) > 1
    room = field(op, 16) + thread * STRETCH * (8 + 4 * group)
    unit = thread
    for row in range(batch):
        count = kv_heads * _stretches(op, row)
        while unit < count:
            kv_head = unit % kv_heads
            _stretch(op, row, kv_head, unit // kv_heads, room)
            if not several:
                for head in range(kv_head * group, kv_head * group + group):
                    _join(op, row, head)
            unit += threads
        unit -= count
    if several:
        wait()
        for unit in range(thread, batch * heads, threads):
            _join(op, unit // heads, unit % heads)


@compiled
def _stretches(op: int, row: int) -> int:
    """How many a sequence has."""
    tokens = load_int(field(op, 8) + 4 * row) - load_int(field(op, 15) + 4 * row)
    return (tokens + STRETCH - 1) // STRETCH


@compiled
def _part(op: int, row: int, head: int, stretch: int) -> int:
    """Where it is."""
    number = (row * field(op, 10) + head) * field(op, 17) + stretch
    return field(op, 4) + number * (64 + 4 * field(op, 12))


@compiled
def _stretch(op: int, row: int, kv_head: int, stretch: int, room: int) -> None:
    """The parts of one stretch, for all heads that share its keys."""
    first = load_int(field(op, 15) + 4 * row) + stretch * STRETCH
    count = min(load_int(field(op, 8) + 4 * row) - first, STRETCH)
    _places(op, row, kv_head, first, room)
    heads, group, width = field(op, 10), field(op, 10) // field(op, 11), field(op, 12)
    scores = room + 8 * STRETCH
    for g in range(group):
        head = kv_head * group + g
        query, mine = field(op, 1) + 2 * width * (row * heads + head), scores + 4 * STRETCH * g
        for at in range(0, count, 16):
            store_floats(mine + 4 * at, _sixteen(query, field(op, 5), room + 8 * at, width))
        _weights(mine, count, load_float(op + 24), _part(op, row, head, stretch))
    for g in range(0, group, 4):
        _mix(op, room, count, _part(op, row, kv_head * group + g, stretch), g)


@compiled
def _places(op: int, row: int, kv_head: int, first: int, room: int) -> None:
    """Those of a stretch; the last one again up to a multiple of sixteen."""
    size, step = field(op, 13), 2 * field(op, 12)
    count = min(load_int(field(op, 8) + 4 * row) - first, STRETCH)
    at = place = 0
    while at < count:
        offset = (first + at) % size
        place = _page(op, 0, row, kv_head, (first + at) // size) + step * offset
        end = min(count, at + size - offset)
        while at < end:
            store_word(room + 8 * at, place)
            place += step
            at += 1
    while at % 16:
        store_word(room + 8 * at, place - step)
        at += 1


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
def _weights(scores: int, count: int, scale: float, part: int) -> None:
    """exp(score - largest) in place of scores, as bf16; the largest and the sum into the part."""
    padded = (count + 15) // 16 * 16
    for at in range(count, padded):
        store_float(scores + 4 * at, -3e38)
    peaks = load_floats(scores)
    for at in range(16, padded, 16):
        peaks = larger(load_floats(scores + 4 * at), peaks)
    peak = largest(peaks)
    less, by, sums = spread(-peak * scale), spread(scale), spread(0.0)
    for at in range(0, padded, 16):
        store_halves(scores + 2 * at, exp(fma(load_floats(scores + 4 * at), by, less)))
        sums = plus(sums, load_halves(scores + 2 * at))
    store_float(part, peak)
    store_float(part + 4, total(sums))


@compiled
def _mix(op: int, places: int, count: int, part: int, g: int) -> None:
    """Values by their weights, for up to four heads from g on; the last one stands in for those that are missing."""
    values, width, each = field(op, 6), field(op, 12), 4 * STRETCH
    weights, heads = places + 8 * STRETCH + each * g, field(op, 10) // field(op, 11) - g
    weights1, weights2 = weights + each * min(1, heads - 1), weights + each * min(2, heads - 1)
    weights3 = weights + each * min(3, heads - 1)
    next_part = field(op, 17) * (64 + 4 * width)
    for at in range(0, 2 * width, 64):
        left0 = left1 = left2 = left3 = right0 = right1 = right2 = right3 = spread(0.0)
        for pair in range(0, count, 2):
            even = load_ints(values + load_word(places + 8 * pair) + at)
            odd = load_ints(values + load_word(places + 8 * pair + 8) + at)
            left, right = first_pairs(even, odd), last_pairs(even, odd)
            by = spread_int(load_int(weights + 2 * pair))
            left0, right0 = dot_halves(left0, left, by), dot_halves(right0, right, by)
            by = spread_int(load_int(weights1 + 2 * pair))
            left1, right1 = dot_halves(left1, left, by), dot_halves(right1, right, by)
            by = spread_int(load_int(weights2 + 2 * pair))
            left2, right2 = dot_halves(left2, left, by), dot_halves(right2, right, by)
            by = spread_int(load_int(weights3 + 2 * pair))
            left3, right3 = dot_halves(left3, left, by), dot_halves(right3, right, by)
        _put(part + 2 * at, left0, right0)
        _put(part + 2 * at + next_part * min(1, heads - 1), left1, right1)
        _put(part + 2 * at + next_part * min(2, heads - 1), left2, right2)
        _put(part + 2 * at + next_part * min(3, heads - 1), left3, right3)


@compiled
def _put(part: int, left: Any, right: Any) -> None:
    store_floats(part + 64, left)
    store_floats(part + 128, right)


@compiled
def _join(op: int, row: int, head: int) -> None:
    """What a head sees, of the parts of all stretches in their order."""
    part, count, width = _part(op, row, head, 0), _stretches(op, row), field(op, 12)
    each, scale = 64 + 4 * width, load_float(op + 24)
    peak = spread(load_float(part))
    for stretch in range(1, count):
        peak = larger(spread(load_float(part + stretch * each)), peak)
    less, by, sums = times(peak, spread(-scale)), spread(scale), spread(0.0)
    for stretch in range(count):
        here = part + stretch * each
        weight = exp(fma(spread(load_float(here)), by, less))
        sums = fma(weight, spread(load_float(here + 4)), sums)
        store_floats(here, weight)
    out, once = field(op, 2) + 2 * width * (row * field(op, 10) + head), over(spread(1.0), sums)
    for at in range(0, width, 16):
        seen = spread(0.0)
        for stretch in range(count):
            here = part + stretch * each
            seen = fma(load_floats(here), load_floats(here + 64 + 4 * at), seen)
        store_halves(out + 2 * at, times(seen, once))
