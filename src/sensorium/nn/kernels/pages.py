"""Attention of one token each over keys and values in pages; a sequence's pages lie anywhere.

    keys, values   [blocks, K, page, E] bf16
    tables         [B, most pages] int32: the block of each page of a sequence

A cache whose sequences lie side by side is one whose pages are as long as it: the same code is for both.
"""

from sensorium.nn.kernels.lanes import (
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
    plus,
    spread,
    store_float,
    store_floats,
    store_halves,
    times,
    total,
)


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

    Fields: 1 queries: [B, H, E] bf16; 2 out: [B, H, E] bf16; 3 scale; 5 keys; 6 values; 7 tables; 8 lengths: [B] int32,
    how many tokens are looked at, the newest included; 9 B; 10 H; 11 K; 12 E; 13 rows of a page; 14 most pages;
    15 starts: [B] int32, the first token that is looked at; 16 room for the scores of each thread; 17 its bytes.
    """
    room = field(op, 16) + thread * field(op, 17)
    for unit in range(thread, field(op, 9) * field(op, 10), threads):
        row = unit // field(op, 10)
        first, last = load_int(field(op, 15) + 4 * row), load_int(field(op, 8) + 4 * row)
        _scores(op, unit, first, last, room)
        _softmax(room, last - first, load_float(op + 24))
        _mix(op, unit, first, last, room)


@compiled
def _scores(op: int, unit: int, first: int, last: int, room: int) -> None:
    """Those of one head of one sequence, into the room from its 17th number on."""
    width, size, heads = field(op, 12), field(op, 13), field(op, 10)
    kv_head = unit % heads // (heads // field(op, 11))
    query = field(op, 1) + 2 * width * unit
    place = first
    while place < last:
        key = _page(op, field(op, 5), unit // heads, kv_head, place // size) + 2 * width * (place % size)
        end = min(last, (place // size + 1) * size)
        while place < end:
            sums = spread(0.0)
            for at in range(0, 2 * width, 64):
                sums = dot_halves(sums, load_ints(query + at), load_ints(key + at))
            store_float(room + 64 + 4 * (place - first), total(sums))
            key += 2 * width
            place += 1


@compiled
def _softmax(room: int, count: int, scale: float) -> None:
    """exp(score - largest) in place of scores; one over their sum before them."""
    scores = room + 64
    padded = (count + 15) // 16 * 16
    for at in range(count, padded):
        store_float(scores + 4 * at, -3e38)
    peak = load_floats(scores)
    for at in range(16, padded, 16):
        peak = larger(load_floats(scores + 4 * at), peak)
    less = spread(-largest(peak) * scale)
    by, sums = spread(scale), spread(0.0)
    for at in range(0, padded, 16):
        weight = exp(fma(load_floats(scores + 4 * at), by, less))
        store_floats(scores + 4 * at, weight)
        sums = plus(sums, weight)
    store_floats(room, spread(1.0 / total(sums)))


@compiled
def _mix(op: int, unit: int, first: int, last: int, room: int) -> None:
    """Values by their weights."""
    width, size, heads = field(op, 12), field(op, 13), field(op, 10)
    kv_head = unit % heads // (heads // field(op, 11))
    out, by = field(op, 2) + 2 * width * unit, load_floats(room)
    for at in range(0, 2 * width, 64):
        left = right = spread(0.0)
        place = first
        while place < last:
            value = _page(op, field(op, 6), unit // heads, kv_head, place // size) + 2 * width * (place % size) + at
            end = min(last, (place // size + 1) * size)
            while place < end:
                weight = spread(load_float(room + 64 + 4 * (place - first)))
                left = fma(weight, load_halves(value), left)
                right = fma(weight, load_halves(value + 32), right)
                value += 2 * width
                place += 1
        store_halves(out + at, times(left, by))
        store_halves(out + at + 32, times(right, by))
