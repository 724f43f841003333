"""Questions about a scene and their answers, read off its list of items.

Every maker returns a turn, or None where its question has no clear answer in this scene: what is asked about is
named so that it can be one item only, and positions, sizes and directions are asked where they differ plainly.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from sensorium.data import phrasing
from sensorium.data.phrasing import Word, ask
from sensorium.data.sample import Turn
from sensorium.data.synthetic import scene_phrasings as say
from sensorium.data.synthetic.draws import one_of, some_of
from sensorium.data.synthetic.layout import HELD_OUT_PAIRS, Item, Scene
from sensorium.data.synthetic.names import ANY_SHAPE, COLOURS, PLACES, SHAPES, SIZES, phrase
from sensorium.data.synthetic.scene_facts import (
    CLEARLY,
    caption,
    count,
    extreme,
    lies,
    name_of,
    ninth,
    offset,
    only_beside,
    refer,
)

Maker = Callable[[np.random.Generator, Scene], Turn | None]


def _colour(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item = one_of(rng, scene.items)
    name = refer(rng, scene, item, without="colour")
    return ask(rng, say.COLOUR, COLOURS[item.colour].word, "colour", x=name) if name else None


def _shape(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item = one_of(rng, scene.items)
    name = refer(rng, scene, item, without="shape")
    return ask(rng, say.SHAPE, _noun(item.shape), "shape", x=name) if name else None


def _noun(shape: str) -> Word:
    return Word(SHAPES[shape].en, SHAPES[shape].zh)


def _size(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item = one_of(rng, scene.items)
    name = refer(rng, scene, item, without="size")
    return ask(rng, say.SIZE, SIZES[item.size], "size", x=name) if name else None


def _background(rng: np.random.Generator, scene: Scene) -> Turn | None:
    if not scene.background:
        return None
    return ask(rng, say.BACKGROUND, COLOURS[scene.background].word, "background")


def _count(rng: np.random.Generator, scene: Scene) -> Turn | None:
    asked = one_of(rng, ("all", "shape", "colour", "pair", "size", "none"))
    if asked == "all":
        return ask(rng, say.COUNT, len(scene.items), "count", x=phrase(ANY_SHAPE, plural=True))
    if asked == "none":
        shape, colour = _absent(rng, scene)
        noun = SHAPES[shape] if shape else ANY_SHAPE
        return ask(rng, say.COUNT, 0, "count", x=phrase(noun, colour, plural=True))
    item = one_of(rng, scene.items)
    told = {"shape": ("shape",), "colour": ("colour",), "pair": ("shape", "colour"), "size": ("size",)}[asked]
    values = {name: getattr(item, name) for name in told}
    number = count(scene, **values)
    if number == 1 and rng.random() < 0.6:
        return None
    noun = SHAPES[item.shape] if "shape" in told else ANY_SHAPE
    words = phrase(noun, values.get("colour", ""), values.get("size", ""), plural=True)
    return ask(rng, say.COUNT, number, "count", x=words)


def _absent(rng: np.random.Generator, scene: Scene) -> tuple[str, str]:
    """Return (shape, colour), one of them perhaps "", that no item has.

    Held-out pairs are never named: in training they would always be absent, and that would be learnt.
    """
    shapes, hues = {item.shape for item in scene.items}, {item.colour for item in scene.items}
    if "" in hues:
        return one_of(rng, [shape for shape in SHAPES if shape not in shapes]), ""
    crossed = [
        (shape, hue)
        for shape in sorted(shapes)
        for hue in sorted(hues)
        if not count(scene, shape=shape, colour=hue) and (shape, hue) not in HELD_OUT_PAIRS
    ]
    roll = rng.random()
    if crossed and roll < 0.4:
        return one_of(rng, crossed)
    if roll < 0.7:
        return one_of(rng, [shape for shape in SHAPES if shape not in shapes]), ""
    if roll < 0.85:
        return "", one_of(rng, [hue for hue in COLOURS if hue not in hues])
    shape = one_of(rng, scene.items).shape
    free = [hue for hue in COLOURS if (shape, hue) not in HELD_OUT_PAIRS and not count(scene, shape=shape, colour=hue)]
    return shape, one_of(rng, free)


def _count_distinct(rng: np.random.Generator, scene: Scene) -> Turn | None:
    if len(scene.items) < 3:
        return None
    if rng.random() < 0.5:
        return ask(rng, say.COUNT_COLOURS, len({item.colour for item in scene.items}), "count")
    return ask(rng, say.COUNT_KINDS, len({item.shape for item in scene.items}), "count")


def _count_beside(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item, side = one_of(rng, scene.items), one_of(rng, tuple(say.SIDE_PHRASES))
    name = refer(rng, scene, item)
    others = [other for other in scene.items if other is not item]
    steps = [offset(scene, other, item, side) for other in others]
    if name is None or len(others) < 2 or any(abs(step) < 0.08 for step in steps):
        return None
    number = sum(step > 0 for step in steps)
    return ask(rng, say.COUNT_BESIDE, number, "count", side=one_of(rng, say.SIDE_PHRASES[side]), x=name)


def _two_classes(rng: np.random.Generator, scene: Scene) -> tuple[Word, Word, int, int] | None:
    """Return the plural names of two classes of items (two shapes, or two colours) and how many there are."""
    if rng.random() < 0.5:
        shapes = Counter(item.shape for item in scene.items)
        if len(shapes) < 2:
            return None
        a, b = some_of(rng, sorted(shapes), 2)
        return phrase(SHAPES[a], plural=True), phrase(SHAPES[b], plural=True), shapes[a], shapes[b]
    hues = Counter(item.colour for item in scene.items)
    if len(hues) < 2:
        return None
    a, b = some_of(rng, sorted(hues), 2)
    return phrase(ANY_SHAPE, a, plural=True), phrase(ANY_SHAPE, b, plural=True), hues[a], hues[b]


def _more(rng: np.random.Generator, scene: Scene) -> Turn | None:
    classes = _two_classes(rng, scene)
    if classes is None or classes[2] == classes[3]:
        return None
    a, b, first, second = classes
    return ask(rng, say.MORE, a if first > second else b, "compare", a=a, b=b)


def _more_yes_no(rng: np.random.Generator, scene: Scene) -> Turn | None:
    wanted = rng.random() < 0.5
    classes = _two_classes(rng, scene)
    if classes is None:
        return None
    a, b, first, second = classes
    if rng.random() < 0.5:
        if wanted != (first == second):
            return None
        return ask(rng, say.SAME_NUMBER, _truth(wanted), "compare", a=a, b=b)
    if wanted != (first > second):
        return None
    return ask(rng, say.MORE_THAN, _truth(wanted), "compare", a=a, b=b)


def _truth(value: bool) -> Word:
    return phrasing.YES if value else phrasing.NO


def _larger(rng: np.random.Generator, scene: Scene) -> Turn | None:
    pair = _named_pair(rng, scene, without="size")
    if pair is None:
        return None
    a, b, name, other = pair
    if max(a.radius / b.radius, b.radius / a.radius) < 1.25:
        return None
    bigger = a.radius > b.radius
    asked = one_of(rng, ("larger", "smaller", "yes_no"))
    if asked == "yes_no":
        return ask(rng, say.LARGER_THAN, _truth(bigger), "compare", a=name, b=other)
    table = say.LARGER if asked == "larger" else say.SMALLER
    return ask(rng, table, name if bigger == (asked == "larger") else other, "compare", a=name, b=other)


def _named_pair(rng: np.random.Generator, scene: Scene, *, without: str = "") -> tuple[Item, Item, Word, Word] | None:
    """Return two items and names that fit them alone."""
    if len(scene.items) < 2:
        return None
    a, b = some_of(rng, scene.items, 2)
    name, other = refer(rng, scene, a, without=without), refer(rng, scene, b, without=without)
    return (a, b, name, other) if name and other else None


def _beside(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item, side = one_of(rng, scene.items), one_of(rng, tuple(say.SIDE_PHRASES))
    there = only_beside(scene, item, side)
    name = refer(rng, scene, item)
    if there is None or name is None:
        return None
    where = one_of(rng, say.SIDE_PHRASES[side])
    if rng.random() < 0.4:
        return ask(rng, say.COLOUR_BESIDE, COLOURS[there.colour].word, "steps", side=where, x=name)
    return ask(rng, say.BESIDE, name_of(there, "a"), "relation", side=where, x=name)


def _is_beside(rng: np.random.Generator, scene: Scene) -> Turn | None:
    pair = _named_pair(rng, scene)
    if pair is None:
        return None
    a, b, name, other = pair
    side = one_of(rng, tuple(say.SIDE_PHRASES))
    wanted = rng.random() < 0.5
    true, false = lies(scene, a, b, side), offset(scene, a, b, side) < -CLEARLY
    if not (true if wanted else false):
        return None
    return ask(
        rng, say.IS_BESIDE, _truth(wanted), "relation", side=one_of(rng, say.SIDE_PHRASES[side]), a=name, b=other
    )


def _where_to(rng: np.random.Generator, scene: Scene) -> Turn | None:
    pair = _named_pair(rng, scene)
    if pair is None:
        return None
    a, b, name, other = pair
    across, down = abs(a.x - b.x), abs(a.y - b.y)
    if max(across, down) < 2.5 * min(across, down):
        return None
    side = next((side for side in say.SIDE_ANSWERS if lies(scene, a, b, side)), None)
    return ask(rng, say.WHERE_TO, say.SIDE_ANSWERS[side], "relation", a=name, b=other) if side else None


def _extreme(rng: np.random.Generator, scene: Scene) -> Turn | None:
    which = one_of(rng, tuple(say.EXTREMES))
    item = extreme(scene, which)
    if item is None:
        return None
    most = one_of(rng, say.EXTREMES[which])
    asked = one_of(rng, ("name", "colour", "shape"))
    if asked == "colour":
        return ask(rng, say.COLOUR_EXTREME, COLOURS[item.colour].word, "steps", most=most)
    if asked == "shape":
        return ask(rng, say.SHAPE_EXTREME, _noun(item.shape), "steps", most=most)
    return ask(rng, say.EXTREME, name_of(item), "relation", most=most)


def _share_colour(rng: np.random.Generator, scene: Scene) -> Turn | None:
    if len(scene.items) < 3:
        return None
    which = one_of(rng, tuple(say.EXTREMES))
    item = extreme(scene, which) if rng.random() < 0.6 else one_of(rng, scene.items)
    if item is None:
        return None
    name = refer(rng, scene, item, without="colour")
    if item is extreme(scene, which):
        most = say.EXTREMES[which][0]
        name = Word(f"the {most.en} shape", f"{most.zh}的形状")
    number = count(scene, colour=item.colour) - 1
    if name is None or (number == 0 and rng.random() < 0.6):
        return None
    return ask(rng, say.SHARE_COLOUR, number, "steps", x=name)


def _exists(rng: np.random.Generator, scene: Scene) -> Turn | None:
    if rng.random() < 0.5:
        item = one_of(rng, scene.items)
        told = one_of(rng, ("shape", "colour", "both", "both"))
        noun = ANY_SHAPE if told == "colour" else SHAPES[item.shape]
        thing = phrase(noun, "" if told == "shape" else item.colour, article="a")
        return ask(rng, say.EXISTS, phrasing.THERE_IS, "exists", x=thing)
    shape, colour = _absent(rng, scene)
    thing = phrase(SHAPES[shape] if shape else ANY_SHAPE, colour, article="a")
    return ask(rng, say.EXISTS, phrasing.THERE_IS_NOT, "exists", x=thing)


def _is_colour(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item = one_of(rng, scene.items)
    name = refer(rng, scene, item, without="colour")
    if name is None:
        return None
    if rng.random() < 0.5:
        return ask(rng, say.IS_COLOUR, phrasing.YES, "colour", x=name, colour=COLOURS[item.colour].word)
    around = [other.colour for other in scene.items if other.colour != item.colour]
    hues = around if around and rng.random() < 0.6 else list(COLOURS)
    hues = [hue for hue in hues if hue != item.colour and (item.shape, hue) not in HELD_OUT_PAIRS]
    if not hues:
        return None
    return ask(rng, say.IS_COLOUR, phrasing.NO, "colour", x=name, colour=COLOURS[one_of(rng, hues)].word)


def _is_shape(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item = one_of(rng, scene.items)
    name = refer(rng, scene, item, without="shape")
    if name is None:
        return None
    if rng.random() < 0.5:
        return ask(rng, say.IS_SHAPE, phrasing.YES, "shape", x=name, shape=phrase(SHAPES[item.shape], article="a"))
    shapes = [s for s in SHAPES if s != item.shape and (s, item.colour) not in HELD_OUT_PAIRS and not _alike(s, item)]
    return ask(rng, say.IS_SHAPE, phrasing.NO, "shape", x=name, shape=phrase(SHAPES[one_of(rng, shapes)], article="a"))


def _alike(shape: str, item: Item) -> bool:
    """Whether an item may be called that shape as well: a square is a rectangle, and so on."""
    return {shape, item.shape} in (
        {"square", "rectangle"},
        {"square", "diamond"},
        {"circle", "ring"},
        {"circle", "oval"},
    )


def _same_colour(rng: np.random.Generator, scene: Scene) -> Turn | None:
    pair = _named_pair(rng, scene, without="colour")
    wanted = rng.random() < 0.5
    if pair is None or wanted != (pair[0].colour == pair[1].colour):
        return None
    return ask(rng, say.SAME_COLOUR, _truth(wanted), "compare", a=pair[2], b=pair[3])


def _place(rng: np.random.Generator, scene: Scene) -> Turn | None:
    item = one_of(rng, scene.items)
    cell, name = ninth(scene, item), refer(rng, scene, item)
    if cell is None or name is None:
        return None
    return ask(rng, say.PLACE, PLACES[cell], "place", x=name)


def _at_place(rng: np.random.Generator, scene: Scene) -> Turn | None:
    cell = one_of(rng, tuple(say.PLACE_PHRASES))
    centre = ((cell[0] + 0.5) / 3 * scene.width, (cell[1] + 0.5) / 3 * scene.height)
    near = [
        item
        for item in scene.items
        if abs(item.x - centre[0]) < scene.width * 0.27 and abs(item.y - centre[1]) < scene.height * 0.27
    ]
    if len(near) != 1 or ninth(scene, near[0]) != cell:
        return None
    return ask(rng, say.AT_PLACE, name_of(near[0], "a"), "place", place=say.PLACE_PHRASES[cell])


def _odd(rng: np.random.Generator, scene: Scene) -> Turn | None:
    looks = Counter((item.shape, item.colour) for item in scene.items)
    if len(scene.items) < 3 or len(looks) != 2 or min(looks.values()) != 1:
        return None
    sizes = Counter(item.size for item in scene.items)
    odd = next(item for item in scene.items if looks[item.shape, item.colour] == 1)
    if 1 in sizes.values() and sizes[odd.size] != 1:
        return None
    return ask(rng, say.ODD, name_of(odd), "odd")


def _what_is_this(rng: np.random.Generator, scene: Scene) -> Turn | None:
    if len(scene.items) != 1:
        return None
    return ask(rng, say.WHAT_IS_THIS, name_of(scene.items[0], "a"), "identify")


def _describe(rng: np.random.Generator, scene: Scene) -> Turn | None:
    table = say.WHAT_IS_THIS if len(scene.items) > 1 and rng.random() < 0.4 else say.DESCRIBE
    return ask(rng, table, caption(scene), "caption", weight=0.2)


def _unknown(things: Sequence[Word]) -> Maker:
    def make(rng: np.random.Generator, scene: Scene) -> Turn | None:
        answer = phrasing.UNANSWERABLE["image"]
        roll = rng.random()
        if roll < 0.12:
            return ask(rng, one_of(rng, say.UNKNOWN_FACT), answer, "unanswerable")
        if roll < 0.6:
            return ask(rng, say.UNKNOWN, answer, "unanswerable", x=one_of(rng, things))
        shape, colour = _absent(rng, scene)
        named = phrase(SHAPES[shape], article="the") if shape and not count(scene, shape=shape) else None
        if named is None and shape and colour:
            return ask(rng, say.UNKNOWN_PLACE, answer, "unanswerable", x=phrase(SHAPES[shape], colour, article="the"))
        return ask(rng, say.UNKNOWN_SHAPE, answer, "unanswerable", x=named) if named else None

    return make


def makers(things: Sequence[Word]) -> tuple[tuple[float, Maker], ...]:
    """Return (weight, maker) of every kind of question; `things` are those that no scene shows."""
    return (
        (1.3, _colour), (1.2, _shape), (0.7, _size), (0.4, _background), (2.6, _count), (0.4, _count_distinct),
        (0.6, _count_beside), (0.8, _more), (0.8, _more_yes_no), (1.0, _larger), (1.4, _beside), (1.2, _is_beside),
        (0.7, _where_to), (1.4, _extreme), (0.6, _share_colour), (1.2, _exists), (0.8, _is_colour), (0.6, _is_shape),
        (0.6, _same_colour), (1.0, _place), (0.8, _at_place), (2.0, _odd), (2.0, _what_is_this), (0.5, _describe),
        (0.9, _unknown(things)),
    )  # fmt: skip


def shape_makers() -> tuple[tuple[float, Maker], ...]:
    """Return (weight, maker) of the questions that can be asked where colours have no name."""
    return (
        (2.0, _shape), (0.7, _size), (0.4, _background), (2.6, _count), (0.8, _more), (0.8, _more_yes_no),
        (0.7, _larger), (0.8, _is_beside), (0.7, _where_to), (1.0, _exists), (1.0, _is_shape), (1.0, _place),
    )  # fmt: skip
