"""Pictures of coloured shapes, and a talk about each: colours, counts, comparisons, places, what is not there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pixels

from sensorium.data.sample import Region, Sample
from sensorium.data.synthetic import drawing
from sensorium.data.synthetic.draws import between, one_of, weighted, whole
from sensorium.data.synthetic.grounds import HELD_OUT_GROUNDS, TRAIN_GROUNDS, draw_ground
from sensorium.data.synthetic.layout import (
    HELD_OUT_LAYOUTS,
    HELD_OUT_PAIRS,
    TRAIN_LAYOUTS,
    Scene,
    colours_against,
    draw_pairs,
    place_items,
)
from sensorium.data.synthetic.names import COLOURS, SHAPES, SIZES, Rgb
from sensorium.data.synthetic.scene_phrasings import HELD_OUT_THINGS, STRANGE_THINGS
from sensorium.data.synthetic.scene_questions import makers, shape_makers
from sensorium.data.synthetic.talk import draw_turns
from sensorium.media.types import Image

_COUNTS = ((0.17, 1), (0.18, 2), (0.19, 3), (0.17, 4), (0.13, 5), (0.09, 6), (0.07, 7))
_STANDS_OUT = 100.0
_VALIDATION_SEED = 5_201
_TRAIN_CANVASES = (
    *((64, 64),) * 5, *((80, 80),) * 4, *((96, 96),) * 3, *((64, 96), (96, 64)) * 2, (48, 48), (80, 112), (112, 80),
    (128, 96), (112, 112), (150, 150), (224, 180), (70, 52),
)  # fmt: skip
"""Sizes of training scenes, all of a batch having one; validation draws any."""

NAMELESS = 0.2
"""Share of training scenes in colours of any kind, of which none is named: a shape is a shape in every colour."""


@dataclass(frozen=True)
class Scenes:
    """Coloured shapes without overlap on a plain, shaded or grainy ground.

    Validation scenes each hold a shape in a colour that training never shows, and often a layout (grid, wheel,
    diagonal) or a ground (stripes, checks) that it never uses.
    """

    name: str = "scenes"
    validation_size: int = 1_000

    def train(self, rng: np.random.Generator) -> Sample:
        """Return a scene with five to eight turns; fewer where a scene gives no more."""
        return self.alike(rng)(rng)

    def alike(self, rng: np.random.Generator) -> Callable[[np.random.Generator], Sample]:
        """Draw a size, and return what draws training scenes of it."""
        size = one_of(rng, _TRAIN_CANVASES)

        def draw(rng: np.random.Generator) -> Sample:
            nameless = rng.random() < NAMELESS
            scene, picture = draw_scene(rng, size, nameless=nameless)
            table = shape_makers() if nameless else makers(STRANGE_THINGS)
            turns = draw_turns(rng, table, scene, whole(rng, 5, 8))
            return Sample((picture,), turns, self.name, item_regions(scene))

        return draw

    def validation(self, index: int) -> Sample:
        """Return scene number `index` with one turn; the kinds of question come in turn."""
        rng = np.random.default_rng([_VALIDATION_SEED, index])
        table = makers(HELD_OUT_THINGS)
        _, make = table[index % len(table)]
        while True:
            scene, picture = draw_scene(rng)
            for _ in range(4):
                turn = make(rng, scene)
                if turn is not None:
                    return Sample((picture,), (turn,), self.name)


def draw_scene(
    rng: np.random.Generator, size: tuple[int, int] | None = None, *, nameless: bool = False
) -> tuple[Scene, Image]:
    """Draw a scene and paint it: one for training of that size, or without a size one for validation.

    In a `nameless` one no item has a name for its colour, which is any that stands out from the ground.
    """
    held_out = size is None
    layouts = HELD_OUT_LAYOUTS if held_out else TRAIN_LAYOUTS
    while True:
        width, height = size or _canvas(rng)
        name, ground, picture = draw_ground(rng, width, height, HELD_OUT_GROUNDS if held_out else TRAIN_GROUNDS)
        pairs = draw_pairs(rng, weighted(rng, _COUNTS), colours_against(ground), held_out=held_out)
        scene = Scene(width, height, place_items(rng, width, height, pairs, layouts), name)
        if nameless:
            scene = replace(scene, items=tuple(replace(item, colour="") for item in scene.items))
        strange = any((item.shape, item.colour) in HELD_OUT_PAIRS for item in scene.items)
        if scene.items and strange == held_out:
            return scene, Image(paint_scene(rng, scene, picture, ground), source="scene")


def item_regions(scene: Scene) -> tuple[Region, ...]:
    """Where each item lies, with its colour, shape and size in both languages."""
    regions = []
    for item in scene.items:
        noun, size = SHAPES[item.shape], SIZES[item.size]
        edges = (item.x - item.radius, item.y - item.radius, item.x + item.radius, item.y + item.radius)
        left, top, right, bottom = (
            edge / side for edge, side in zip(edges, (scene.width, scene.height) * 2, strict=True)
        )
        words: tuple[str, ...] = (noun.en, noun.zh, size.en, size.zh)
        if item.colour:
            words = (*words, COLOURS[item.colour].word.en, COLOURS[item.colour].word.zh)
        regions.append(Region(words, (left, top, right, bottom)))
    return tuple(regions)


def paint_scene(
    rng: np.random.Generator, scene: Scene, picture: Pixels.Image, ground: Sequence[Rgb]
) -> NDArray[np.uint8]:
    """Paint the items on `picture` in one style drawn for the scene; return uint8 [height, width, 3].

    Colours without a name are drawn for each item, so that they stand out from those of the `ground`.
    """
    fills = {name: COLOURS[name].draw(rng) for name in sorted({item.colour for item in scene.items} - {""})}
    smooth = rng.random() < 0.75
    tilt = between(rng, 0, 14) if rng.random() < 0.5 else 0.0
    outlined = rng.random() < 0.25
    for item in scene.items:
        drawing.paint_shape(
            picture,
            item.shape,
            (item.x, item.y),
            item.radius,
            fills[item.colour] if item.colour else _any_colour(rng, ground),
            degrees=between(rng, -tilt, tilt),
            outline=_border(item.colour) if outlined and item.radius >= 8 else None,
            smooth=smooth,
        )
    pixels = np.asarray(picture)
    return drawing.grain(pixels, between(rng, 2, 9), rng) if rng.random() < 0.2 else pixels


def _any_colour(rng: np.random.Generator, ground: Sequence[Rgb]) -> Rgb:
    """Any colour that stands out from the ground; the best of many where none does by far."""
    tries = rng.integers(0, 256, (24, 3))
    apart = np.linalg.norm(tries[:, None] - np.array(ground), axis=2).min(axis=1)
    far = np.flatnonzero(apart >= _STANDS_OUT)
    red, green, blue = tries[far[0] if len(far) else apart.argmax()].tolist()
    return red, green, blue


def _border(colour: str) -> Rgb:
    return (90, 90, 90) if colour == "black" else (15, 15, 15)


def _canvas(rng: np.random.Generator) -> tuple[int, int]:
    low, high = weighted(rng, ((0.12, (48, 64)), (0.68, (64, 112)), (0.2, (112, 224))))
    width = whole(rng, low, high)
    if rng.random() < 0.5:
        return width, width
    return width, int(np.clip(width * between(rng, 0.6, 1.6), 48, 224))
