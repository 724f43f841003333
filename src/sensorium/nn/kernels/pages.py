"""Attention of one token each over keys and values in pages; a sequence's pages lie anywhere.

    keys, values   [blocks, K, page, E] bf16, or bytes with a scale behind each row (nn/coded.py)
    tables         [B, most pages] int32: the block of each page of a sequence

A cache whose sequences lie side by side is one whose pages are as long as it: the same code is for both.

Tokens are taken in stretches, counted from the first that a sequence looks at. A stretch of one key head, for all heads
that share it, is the work of one thread; what stretches give is joined in their order. So nothing depends on how many
threads there are, nor on the other sequences. Memory is asked early for what comes next: values while scores are made,
keys of the next stretch while values are mixed.

    room of a thread    places [256] int64, of this stretch and of the next: where a token's key begins, counted from
                        the first key; then the stretch's task and room, as halves.py and coded.py have them
    part [B, H, most stretches] of   largest score, sum of weights, 14 unused; sums of values [E] fp32
"""

from sensorium.nn.kernels.coded import mix_coded, score_coded, weigh_coded
from sensorium.nn.kernels.halves import mix_halves, score_halves, weigh_halves
from sensorium.nn.kernels.lanes import (
    compiled,
    exp,
    field,
    fma,
    larger,
    load_float,
    load_floats,
    load_int,
    over,
    spread,
    store_floats,
    store_halves,
    store_word,
    times,
)
from sensorium.nn.kernels.table import STRETCH, TILE
from sensorium.nn.kernels.team import meet


@compiled
def _page(op: int, pages: int, row: int, kv_head: int, page: int) -> int:
    """Where a head's rows of a page begin."""
    block = load_int(field(op, 7) + 4 * (row * field(op, 14) + page))
    return pages + field(op, 18) * field(op, 13) * (block * field(op, 11) + kv_head)


@compiled
def page_row(op: int, pages: int, row: int, kv_head: int) -> int:
    """Where the row of a sequence's newest token is."""
    place, size = load_int(field(op, 8) + 4 * row) - 1, field(op, 13)
    return _page(op, pages, row, kv_head, place // size) + field(op, 18) * (place % size)


@compiled
def look(op: int, thread: int, threads: int, meetings: int) -> None:
    """softmax(query key * scale) value.

    Fields: 1 queries: [B, H, E] bf16; 2 out: [B, H, E] bf16; 3 scale; 4 parts; 5 keys; 6 values; 7 tables; 8 lengths:
    [B] int32, how many tokens are looked at, the newest included; 9 B; 10 H; 11 K; 12 E; 13 rows of a page; 14 most
    pages; 15 starts: [B] int32, the first token that is looked at; 16 room of all threads; 17 most stretches; 18 bytes
    of a row of keys or values.
    """
    heads, group, units = field(op, 10), field(op, 10) // field(op, 11), 0
    for row in range(field(op, 9)):
        units += field(op, 11) * _stretches(op, row)
    here = field(op, 16) + 4 * thread * (6 * STRETCH + TILE + group * (STRETCH + field(op, 12) + TILE))
    there, task = here + 8 * STRETCH, here + 16 * STRETCH
    if thread < units:
        _places(op, thread, here)
    for unit in range(thread, units, threads):
        if unit + threads < units:
            _places(op, unit + threads, there)
        store_word(task + 16, here)
        store_word(task + 24, there)
        _stretch(op, unit, task)
        if field(op, 17) == 1:
            row, rest = _row(op, unit)
            for g in range(group):
                _join(op, row, rest * group + g)
        here, there = there, here
    if field(op, 17) > 1:
        meet(meetings, threads)
        for unit in range(thread, field(op, 9) * heads, threads):
            _join(op, unit // heads, unit % heads)


@compiled
def _stretches(op: int, row: int) -> int:
    """How many a sequence has."""
    tokens = load_int(field(op, 8) + 4 * row) - load_int(field(op, 15) + 4 * row)
    return (tokens + STRETCH - 1) // STRETCH


@compiled
def _row(op: int, unit: int) -> tuple[int, int]:
    """The sequence that a unit of work is of, and which of its units: stretch by stretch, key head by key head."""
    row, count = 0, field(op, 11) * _stretches(op, 0)
    while unit >= count:
        unit -= count
        row += 1
        count = field(op, 11) * _stretches(op, row)
    return row, unit


@compiled
def _span(op: int, row: int, stretch: int) -> tuple[int, int]:
    """The first token of a stretch, and how many it has."""
    first = load_int(field(op, 15) + 4 * row) + stretch * STRETCH
    return first, min(load_int(field(op, 8) + 4 * row) - first, STRETCH)


@compiled
def _part(op: int, row: int, head: int, stretch: int) -> int:
    """Where it is."""
    number = (row * field(op, 10) + head) * field(op, 17) + stretch
    return field(op, 4) + number * (64 + 4 * field(op, 12))


@compiled
def _stretch(op: int, unit: int, task: int) -> None:
    """The parts of one stretch, for all heads that share its keys."""
    row, rest = _row(op, unit)
    stretch, width = rest // field(op, 11), field(op, 12)
    head = rest % field(op, 11) * (field(op, 10) // field(op, 11))
    _, count = _span(op, row, stretch)
    store_word(task, field(op, 1) + 2 * width * (row * field(op, 10) + head))
    store_word(task + 8, _part(op, row, head, stretch))
    store_word(task + 32, count)
    if field(op, 18) == 2 * width:
        score_halves(op, task)
        weigh_halves(op, task)
        mix_halves(op, task)
    else:
        score_coded(op, task)
        weigh_coded(op, task)
        mix_coded(op, task)


@compiled
def _places(op: int, unit: int, places: int) -> None:
    """Those of a stretch; the last one again up to a multiple of sixteen."""
    row, rest = _row(op, unit)
    kv_head, size, step = rest % field(op, 11), field(op, 13), field(op, 18)
    first, count = _span(op, row, rest // field(op, 11))
    at = place = 0
    while at < count:
        offset = (first + at) % size
        place = _page(op, 0, row, kv_head, (first + at) // size) + step * offset
        end = min(count, at + size - offset)
        while at < end:
            store_word(places + 8 * at, place)
            place += step
            at += 1
    while at % 16:
        store_word(places + 8 * at, place - step)
        at += 1


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
