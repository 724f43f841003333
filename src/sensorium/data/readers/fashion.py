"""Fashion-MNIST: ten pieces of clothing. The last 200 of each 6,000 are held out.

A training picture may be flipped, a little moved, recoloured or enlarged, and every seventh stands on white.
"""

from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.data.augment import add_grain, cut_out, move_picture, recolour
from sensorium.data.phrasing import NO, YES, Phrasing, Word, ask
from sensorium.data.readers.files import as_image
from sensorium.data.readers.grey import GreySet, coloured, enlarge, invert, load_idx_set
from sensorium.data.readers.questions import (
    DESCRIBE,
    WHAT_IS_SHOWN,
    Maker,
    Thing,
    absent,
    examine,
    is_it,
    talk,
    which_of,
)
from sensorium.data.readers.splits import checked
from sensorium.data.sample import Sample, Turn

CLOTHES = (
    Thing(Word("t-shirt", "T恤")),
    Thing(Word("trousers", "裤子"), ""),
    Thing(Word("pullover", "套头衫")),
    Thing(Word("dress", "连衣裙")),
    Thing(Word("coat", "外套")),
    Thing(Word("sandal", "凉鞋")),
    Thing(Word("shirt", "衬衫")),
    Thing(Word("sneaker", "运动鞋")),
    Thing(Word("bag", "包")),
    Thing(Word("ankle boot", "短靴"), "an"),
)
SHOES = frozenset({5, 7, 9})
FEET, LEGS, TOP, HAND = Word("feet", "脚上"), Word("legs", "腿上"), Word("upper body", "上身"), Word("hand", "手里")
PLACES = {0: TOP, 1: LEGS, 2: TOP, 4: TOP, 5: FEET, 6: TOP, 7: FEET, 8: HAND, 9: FEET}
"""Where a piece is worn or carried; a dress covers more than one place, so it is not asked about."""

WHICH_CLOTHING = Phrasing(
    en=(
        *WHAT_IS_SHOWN.en,
        *("Which piece of clothing is this?",) * 3,
        "What piece of clothing is this?",
        "What kind of clothing is shown?",
        "What item of clothing is it?",
        "Which garment is this?",
        "What fashion item is this?",
        "What clothing item is in the picture?",
        "What type of garment is shown in the picture?",
    ),
    zh=(*WHAT_IS_SHOWN.zh, "这是什么衣物？", "这是哪种衣服？", "图中是哪种服饰？", "这是什么衣服"),
)
IS_SHOE = Phrasing(
    en=(
        *("Is it a shoe?",) * 2,
        *("Is this a shoe?",) * 2,
        "Is it footwear?",
        "Is it worn on the feet?",
        "Do you wear this on your feet?",
        "Is this a kind of shoe?",
        "Does the picture show a shoe?",
        "Is this something for the feet?",
    ),
    zh=("这是鞋吗？", "这是不是鞋？", "是鞋吗", "这是穿在脚上的吗？", "图中是鞋子吗？"),
)
WORN_WHERE = Phrasing(
    en=(
        "Which part of the body is it for?",
        "Where is it worn or carried?",
        "Where do you wear it?",
        "Where does it go, on the feet, the legs, the upper body or in the hand?",
        "Which body part does it cover or hang from?",
        "On which part of the body do you use it?",
        "For which part of the body is this?",
        "Where on the body does this belong?",
    ),
    zh=("它穿戴在哪里？", "这是用在身体哪个部位的？", "穿在哪里", "它属于身体的哪个部位？"),
)


class FashionMnist:
    """The clothes of `folder`; read when first used."""

    name = "fashion-mnist"

    def __init__(self, folder: Path, *, held_out: float = 1 / 30) -> None:
        self._folder = folder
        self._held_out = held_out

    @cached_property
    def _set(self) -> GreySet:
        return load_idx_set(self._folder, len(CLOTHES), self._held_out)

    @cached_property
    def validation_size(self) -> int:
        """At most 1,000, as many of each class."""
        return min(1000, len(self._set.split.fair_order))

    def train(self, rng: np.random.Generator) -> Sample:
        """One piece of clothing, its name and one to four more questions."""
        item, label = self._set.split.draw(rng)
        pixels = enlarge(_vary(coloured(self._set.pictures[item]), rng), rng)
        primary = ask(rng, WHICH_CLOTHING, CLOTHES[label].word, "name")
        others = [*CLOTHES[:label], *CLOTHES[label + 1 :]]
        turns = talk(rng, primary, _makers(rng, label, others), "image", absent(others))
        return Sample((as_image(pixels, self.name),), turns, self.name)

    def validation(self, index: int) -> Sample:
        """A held-out piece as it is, and the question what it is. Raises: UsageError for an index out of range."""
        item = int(self._set.split.fair_order[checked(index, self.validation_size, self.name)])
        word = CLOTHES[int(self._set.labels[item])].word
        turns = examine(index, "What is this?", WHICH_CLOTHING, word, "name")
        return Sample((as_image(self._set.pictures[item], self.name),), turns, self.name)


def _vary(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    if rng.random() < 0.6:
        pixels = move_picture(pixels, rng, shift=0.07, degrees=8.0, scale=(0.9, 1.1))
    if rng.random() < 0.4:
        pixels = recolour(pixels, rng, strength=0.3)
    if rng.random() < 0.2:
        pixels = add_grain(pixels, rng)
    if rng.random() < 0.2:
        pixels = cut_out(pixels, rng)
    return invert(pixels, rng, 1 / 7)


def _makers(rng: np.random.Generator, label: int, others: list[Thing]) -> list[Maker]:
    thing = CLOTHES[label]
    makers: list[Maker] = [
        partial(is_it, thing=thing, others=others),
        partial(which_of, thing=thing, others=others),
        partial(which_of, thing=thing, others=others, count=4),
        partial(_ask_caption, thing=thing),
    ]
    shoe = label in SHOES
    if shoe or rng.random() < len(SHOES) / (len(CLOTHES) - len(SHOES)):  # as many shoes as others are asked about
        makers.append(partial(ask, phrasing=IS_SHOE, answer=YES if shoe else NO, kind="is it"))
    if label in PLACES:
        makers.append(partial(ask, phrasing=WORN_WHERE, answer=PLACES[label], kind="use"))
    return makers


def _ask_caption(rng: np.random.Generator, thing: Thing) -> Turn:
    captions = (
        Word(f"A grey picture of {thing.a.en}.", f"一张{thing.word.zh}的灰度图片。"),
        Word(f"A small picture of {thing.a.en}.", f"一张{thing.word.zh}的小图。"),
        Word(f"The picture shows {thing.a.en}.", f"图中是{thing.word.zh}。"),
    )
    return ask(rng, DESCRIBE, captions[int(rng.integers(len(captions)))], "caption", weight=0.2)
