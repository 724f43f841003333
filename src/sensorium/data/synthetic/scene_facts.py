"""What is true of a scene, and in words that leave no doubt which item is meant.

Positions, sizes and directions count only where they differ plainly: what a person might argue about is not asked.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sensorium.data.phrasing import Word
from sensorium.data.synthetic import scene_phrasings as say
from sensorium.data.synthetic.draws import some_of
from sensorium.data.synthetic.layout import Item, Scene
from sensorium.data.synthetic.names import ANY_ONE, ANY_SHAPE, SHAPES, SIZES, Noun, phrase

CLEARLY = 0.1
"""Share of the picture's side by which one item must be further to a side than another."""


def count(scene: Scene, *, shape: str = "", colour: str = "", size: str = "") -> int:
    """Return how many items have all the given attributes."""
    return sum(
        (not shape or item.shape == shape) and (not colour or item.colour == colour) and (not size or item.size == size)
        for item in scene.items
    )


def refer(rng: np.random.Generator, scene: Scene, item: Item, *, without: str = "") -> Word | None:
    """Return a name that fits `item` alone, such as "the red circle"; `without` is the attribute it must not tell."""
    options = [("shape",), ("colour",), ("colour", "shape"), ("size", "shape"), ("size", "colour", "shape")]
    if without == "shape":
        options = [("colour",), ("size",), ("size", "colour")]
    for names in some_of(rng, options, len(options)):
        told = {name: getattr(item, name) for name in names}
        if without not in told and count(scene, **told) == 1:
            noun = SHAPES[item.shape] if "shape" in told else ANY_ONE if without == "shape" else ANY_SHAPE
            return phrase(noun, told.get("colour", ""), told.get("size", ""), article="the")
    return None


def offset(scene: Scene, item: Item, other: Item, side: str) -> float:
    """Return how far `item` lies towards `side` of `other`, as a share of the picture's width or height."""
    across, down = (item.x - other.x) / scene.width, (item.y - other.y) / scene.height
    step = across if side in {"left", "right"} else down
    return step if side in {"right", "below"} else -step


def lies(scene: Scene, item: Item, other: Item, side: str) -> bool:
    """Whether `item` is plainly at that side of `other`, and not mainly at another side."""
    far = math.hypot(item.x - other.x, item.y - other.y)
    step = offset(scene, item, other, side)
    pixels = step * (scene.width if side in {"left", "right"} else scene.height)
    return step > CLEARLY and pixels > 0.45 * far


def only_beside(scene: Scene, item: Item, side: str) -> Item | None:
    """Return the item at that side of `item` if it is the only one there."""
    there = [other for other in scene.items if other is not item and offset(scene, other, item, side) > -0.02]
    return there[0] if len(there) == 1 and lies(scene, there[0], item, side) else None


def extreme(scene: Scene, which: str) -> Item | None:
    """Return the item furthest to a side, or the "large"st or "small"est, if it is so by a clear margin."""
    if len(scene.items) < 2:
        return None
    if which in SIZES:
        sign = 1 if which == "large" else -1
        first, second = sorted(scene.items, key=lambda item: -sign * item.radius)[:2]
        ratio = (first.radius / second.radius) ** sign
        return first if ratio >= 1.25 else None
    middle = Item("", "", "", 0, 0, 0)
    first, second = sorted(scene.items, key=lambda item: -offset(scene, item, middle, which))[:2]
    reach = max(scene.items, key=lambda item: offset(scene, item, middle, which) + _share(scene, item, which))
    return first if reach is first and offset(scene, first, second, which) > 0.08 else None


def _share(scene: Scene, item: Item, side: str) -> float:
    return item.radius / (scene.width if side in {"left", "right"} else scene.height)


def ninth(scene: Scene, item: Item) -> tuple[int, int] | None:
    """Return (column, row) of the ninth of the picture where the item's centre is, unless it is near a border."""
    cells = []
    for share in (item.x / scene.width, item.y / scene.height):
        cell = 0 if share < 0.34 else 2 if share > 0.66 else 1 if 0.42 < share < 0.58 else None
        if cell is None:
            return None
        cells.append(cell)
    return cells[0], cells[1]


def name_of(item: Item, article: str = "the") -> Word:
    """Return the item's colour and shape: "the red circle"."""
    return phrase(SHAPES[item.shape], item.colour, article=article)


def caption(scene: Scene) -> Word:
    """Return one phrase about the whole scene, the same for the same scene; of items without a shape's name, too."""
    items = sorted(scene.items, key=lambda item: item.x)
    names = [phrase(_noun(i.shape), i.colour, i.size, article="a") for i in items]
    if len(items) == 1:
        return names[0]
    if len(items) == 2:
        side = next((side for side in say.SIDE_ANSWERS if lies(scene, items[0], items[1], side)), None)
        if side:
            where = say.SIDE_PHRASES[side][0]
            return Word(f"{names[0].en} {where.en} {names[1].en}", f"{names[0].zh}在{names[1].zh}的{where.zh}")
    looks = Counter((item.shape, item.colour) for item in items)
    if len(items) > 4 or len(looks) < len(items):
        return _counted(looks if len(looks) <= 3 else Counter((item.shape, "") for item in items))
    return Word(_listed([name.en for name in names]), "、".join(name.zh for name in names))


def _counted(groups: Counter[tuple[str, str]]) -> Word:
    """Return "4 shapes: 3 red stars and 1 ring" for (shape, colour) pairs and how many there are of each."""
    english, chinese = [], []
    for (shape, colour), number in groups.most_common():
        words = phrase(_noun(shape), colour, plural=number > 1)
        english.append(f"{number} {words.en}")
        chinese.append(f"{number}个{words.zh}")
    total = groups.total()
    start = Word(f"{total} shapes: ", f"{total}个形状：") if len(groups) > 1 else Word("", "")
    return Word(start.en + _listed(english), start.zh + "、".join(chinese))


def _noun(shape: str) -> Noun:
    return SHAPES[shape] if shape else ANY_SHAPE


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
