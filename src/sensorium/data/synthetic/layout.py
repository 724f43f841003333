"""A scene before it is painted: which shapes, how large and where; drawn at random without overlap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.data.synthetic.draws import between, one_of, some_of, weighted, whole
from sensorium.data.synthetic.names import COLOURS, SHAPES, SIZES

Pair = tuple[str, str]
"""A shape and its colour."""

RADII: dict[str, tuple[float, float]] = {"small": (0.09, 0.11), "medium": (0.14, 0.17), "large": (0.23, 0.28)}
"""Radius by size name, as a share of the picture's short side; the gaps keep the names clear."""

_MIN_RADIUS = 5.0
_MIN_RADIUS_OF_FINE_SHAPES = 10.0
_FINE_SHAPES = frozenset({"pentagon", "hexagon"})
_CONFUSABLE = (("square", "rectangle"), ("circle", "oval"), ("pentagon", "hexagon"))
"""Not together in one scene: a square is a rectangle too, and small many-cornered shapes look alike."""

HELD_OUT_PAIRS: frozenset[Pair] = frozenset(
    {
        ("circle", "orange"), ("circle", "gray"), ("square", "purple"), ("square", "brown"), ("triangle", "pink"),
        ("triangle", "green"), ("star", "red"), ("star", "white"), ("heart", "blue"), ("heart", "black"),
        ("diamond", "yellow"), ("cross", "orange"), ("cross", "gray"), ("ring", "green"), ("ring", "pink"),
        ("rectangle", "yellow"), ("rectangle", "black"), ("oval", "red"), ("oval", "blue"), ("pentagon", "brown"),
        ("hexagon", "white"), ("hexagon", "purple"),
    }
)  # fmt: skip
"""Shapes in these colours are seen in validation only."""

TRAIN_LAYOUTS = (
    (0.56, "scatter"),
    (0.1, "cluster"),
    (0.09, "row"),
    (0.07, "column"),
    (0.09, "zigzag"),
    (0.09, "bricks"),
)
HELD_OUT_LAYOUTS = ((0.5, "scatter"), (0.2, "grid"), (0.15, "wheel"), (0.15, "diagonal"))


@dataclass(frozen=True)
class Item:
    """A shape in a scene; its centre and radius in pixels, x to the right and y downwards; `colour` "" has no name."""

    shape: str
    colour: str
    size: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Scene:
    """What is in the picture; `background` is a colour name, or "" where it has none."""

    width: int
    height: int
    items: tuple[Item, ...]
    background: str = ""


def draw_pairs(rng: np.random.Generator, count: int, colours: Sequence[str], *, held_out: bool) -> list[Pair]:
    """Return `count` looks in `colours`; if `held_out`, at least one is a held-out pair, otherwise none is.

    Few shapes or few colours are often shared by many items, so that there is something to count.
    """
    shapes = some_of(rng, tuple(SHAPES), weighted(rng, ((0.25, 1), (0.3, 2), (0.2, 3), (0.25, 12))))
    hues = some_of(rng, colours, weighted(rng, ((0.25, 1), (0.3, 2), (0.2, 3), (0.25, 11))))
    for keep, drop in _CONFUSABLE:
        if keep in shapes and drop in shapes:
            shapes.remove(one_of(rng, (keep, drop)))
    known = [(shape, hue) for shape in shapes for hue in hues if (shape, hue) not in HELD_OUT_PAIRS]
    strange = sorted(pair for pair in HELD_OUT_PAIRS if pair[1] in colours)
    if not known:
        known = [pair for pair in ((shape, hue) for shape in shapes for hue in colours) if pair not in HELD_OUT_PAIRS]
    if count >= 3 and rng.random() < 0.12:
        pairs = _odd_one_out(rng, count, known)
    else:
        pairs = [one_of(rng, known) for _ in range(count)]
    if held_out:
        fitting = [pair for pair in strange if _goes_with(pair[0], pairs)]
        pairs[0] = one_of(rng, fitting or strange)
    return pairs


def _goes_with(shape: str, pairs: Sequence[Pair]) -> bool:
    present = {other for other, _ in pairs}
    return not any(shape in couple and present & (set(couple) - {shape}) for couple in _CONFUSABLE)


def _odd_one_out(rng: np.random.Generator, count: int, known: Sequence[Pair]) -> list[Pair]:
    usual = one_of(rng, known)
    others = [pair for pair in known if pair != usual]
    pairs = [usual] * count
    if others:
        pairs[whole(rng, 0, count - 1)] = one_of(rng, others)
    return pairs


def place_items(
    rng: np.random.Generator, width: int, height: int, pairs: Sequence[Pair], layouts: Sequence[tuple[float, str]]
) -> tuple[Item, ...]:
    """Return the pairs as items that do not overlap; those for which there is no room are left out."""
    layout = weighted(rng, layouts)
    short = min(width, height)
    if layout == "cluster":
        return _cluster(rng, width, height, pairs)
    if layout == "scatter" or len(pairs) < 3:
        return _scatter(rng, width, height, pairs)
    spots, room = _spots(rng, layout, width, height, len(pairs))
    sizes = [size for size, (low, high) in RADII.items() if max(_MIN_RADIUS, high * short) <= room]
    if not sizes:
        return _scatter(rng, width, height, pairs)
    same = one_of(rng, sizes) if rng.random() < 0.6 else ""
    items = []
    for (shape, colour), (x, y) in zip(pairs, spots, strict=True):
        size = same or one_of(rng, sizes)
        radius = max(_MIN_RADIUS, between(rng, *RADII[size]) * short)
        if shape not in _FINE_SHAPES or radius >= _MIN_RADIUS_OF_FINE_SHAPES:
            items.append(Item(shape, colour, size, x, y, radius))
    return tuple(items)


def _scatter(rng: np.random.Generator, width: int, height: int, pairs: Sequence[Pair]) -> tuple[Item, ...]:
    items: list[Item] = []
    short = min(width, height)
    sizes = tuple(SIZES) if len(pairs) < 5 else ("small", "small", "medium", "large")
    for shape, colour in pairs:
        for attempt in range(24):
            size = one_of(rng, sizes) if attempt < 8 else "small"
            radius = max(_MIN_RADIUS, between(rng, *RADII[size]) * short)
            if shape in _FINE_SHAPES and radius < _MIN_RADIUS_OF_FINE_SHAPES:
                continue
            margin = radius * 1.08 + 1
            x, y = between(rng, margin, width - margin), between(rng, margin, height - margin)
            if all(math.hypot(x - i.x, y - i.y) > (radius + i.radius) * 1.06 + 2 for i in items):
                items.append(Item(shape, colour, size, x, y, radius))
                break
    return tuple(items)


def _cluster(rng: np.random.Generator, width: int, height: int, pairs: Sequence[Pair]) -> tuple[Item, ...]:
    """Scattered over a part of the picture, sizes being shares of the whole."""
    share = between(rng, 0.6, 0.9)
    wide, high = share * width, share * height
    left, top = between(rng, 0, width - wide), between(rng, 0, height - high)
    short = min(width, height)
    items: list[Item] = []
    for shape, colour in pairs:
        for _ in range(24):
            radius = max(_MIN_RADIUS, between(rng, *RADII["small"]) * short)
            margin = radius * 1.08 + 1
            x, y = left + between(rng, margin, wide - margin), top + between(rng, margin, high - margin)
            fine = shape in _FINE_SHAPES and radius < _MIN_RADIUS_OF_FINE_SHAPES
            if not fine and all(math.hypot(x - i.x, y - i.y) > (radius + i.radius) * 1.06 + 2 for i in items):
                items.append(Item(shape, colour, "small", x, y, radius))
                break
    return tuple(items)


def _spots(
    rng: np.random.Generator, layout: str, width: int, height: int, count: int
) -> tuple[list[tuple[float, float]], float]:
    """Return the centres of `count` items, and the largest radius that keeps them apart and inside."""
    if layout == "wheel":
        reach = min(width, height) * 0.34
        start = between(rng, 0, 2 * math.pi)
        angles = [start + 2 * math.pi * place / count for place in range(count)]
        spots = [(width / 2 + reach * math.cos(a), height / 2 + reach * math.sin(a)) for a in angles]
        return spots, min(reach * math.sin(math.pi / count) * 0.92, min(width, height) * 0.145)
    if layout in {"zigzag", "bricks"}:
        return _shifted_rows(width, height, count, zigzag=layout == "zigzag")
    columns, rows = {
        "row": (count, 1),
        "column": (1, count),
        "diagonal": (count, count),
        "grid": (math.ceil(count / 2), 2),
    }[layout]
    across, down = width / columns, height / rows
    cells = (
        [(p, p) for p in range(count)] if layout == "diagonal" else [(p % columns, p // columns) for p in range(count)]
    )
    if layout == "diagonal" and rng.random() < 0.5:
        cells = [(column, count - 1 - row) for column, row in cells]
    shift = (0.0, between(rng, -0.15, 0.15) * height) if layout == "row" else (0.0, 0.0)
    spots = [((column + 0.5) * across + shift[0], (row + 0.5) * down + shift[1]) for column, row in cells]
    limit = math.hypot(across, down) if layout == "diagonal" else min(across, down)
    return spots, min(limit / 2 * 0.9, min(width, height) * 0.3)


def _shifted_rows(width: int, height: int, count: int, *, zigzag: bool) -> tuple[list[tuple[float, float]], float]:
    """Two rows, the lower half a step to the right: filled in turn (`zigzag`), or one after the other."""
    upper = math.ceil(count / 2)
    across, down = width / (upper + 0.5), height / 2
    cells = [(place // 2, place % 2) if zigzag else (place % upper, place // upper) for place in range(count)]
    spots = [((column + 0.5 + 0.5 * row) * across, (row + 0.5) * down) for column, row in cells]
    return spots, min(min(across, math.hypot(across / 2, down)) / 2 * 0.9, down / 2 * 0.9, min(width, height) * 0.3)


def colours_against(backdrop: Sequence[tuple[int, int, int]], least: float = 100.0) -> list[str]:
    """Return the colour names that stand out from every colour of the backdrop, `least` apart in RGB space."""
    return [
        name for name, colour in COLOURS.items() if all(math.dist(colour.typical, other) >= least for other in backdrop)
    ]
