"""MNIST: which handwritten digit is it, and small sums of knowing it. 2,000 of 60,000 are held out.

Training pictures are turned and moved a little, never flipped; a quarter is black on white, some are enlarged.
"""

from functools import cached_property, partial
from pathlib import Path

import numpy as np

from sensorium.data.augment import augment_glyph
from sensorium.data.phrasing import Phrasing, Word, ask
from sensorium.data.readers.digits import DIGIT_WORDS, SPELL, ask_is, ask_parity, ask_size
from sensorium.data.readers.files import as_image
from sensorium.data.readers.grey import GreySet, coloured, enlarge, invert, load_idx_set
from sensorium.data.readers.questions import DESCRIBE, examine, talk
from sensorium.data.readers.splits import checked
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import Image

WHICH_DIGIT = Phrasing(
    en=(
        *("What is this?",) * 6,
        *("Which digit is this?",) * 5,
        *("What is in this picture?",) * 2,
        "What digit is this?",
        "What number is this?",
        "Which number is this?",
        "Which digit do you see?",
        "What digit is shown?",
        "Which digit is written here?",
        "Read the digit.",
        "What number is written in the picture?",
        "What does it say?",
        "Which number did I write?",
    ),
    zh=(
        *("这是什么？",) * 3,
        *("这是哪个数字？",) * 3,
        "这是几？",
        "图中是什么数字？",
        "写的是几",
        "这是什么数字？",
        "请读出这个数字。",
    ),
)
IS_DIGIT = Phrasing(
    en=(
        "Is this {a}?",
        "Is it {a}?",
        "Is the digit {a}?",
        "Does the picture show {a}?",
        "Is this number {digit}?",
        "Is that {a}?",
        "Did I write {a}?",
        "Do you see {a}?",
    ),
    zh=("这是{digit}吗？", "这个数字是{digit}吗？", "是{digit}吗", "图中是不是{digit}？"),
)


class Mnist:
    """The digits of `folder`; read when first used."""

    name = "mnist"

    def __init__(self, folder: Path, *, held_out: float = 1 / 30) -> None:
        self._folder = folder
        self._held_out = held_out

    @cached_property
    def _set(self) -> GreySet:
        return load_idx_set(self._folder, len(DIGIT_WORDS), self._held_out)

    @cached_property
    def validation_size(self) -> int:
        """At most 1,000, as many of each digit."""
        return min(1000, len(self._set.split.fair_order))

    def train(self, rng: np.random.Generator) -> Sample:
        """One digit, its name and one to four more questions."""
        digit = int(rng.integers(len(DIGIT_WORDS)))
        image = self.digit_image(rng, digit, validation=False)
        makers = (
            partial(ask_parity, digit=digit),
            partial(ask_size, digit=digit),
            partial(ask_is, digit=digit, phrasing=IS_DIGIT),
            partial(ask, phrasing=SPELL, answer=DIGIT_WORDS[digit], kind="spelling"),
            partial(_ask_caption, digit=digit),
        )
        turns = talk(rng, ask(rng, WHICH_DIGIT, digit, "digit"), makers, "image")
        return Sample((image,), turns, self.name)

    def validation(self, index: int) -> Sample:
        """A held-out digit as it is, and the question which it is. Raises: UsageError for an index out of range."""
        item = int(self._set.split.fair_order[checked(index, self.validation_size, self.name)])
        turns = examine(index, "Which digit is this?", WHICH_DIGIT, str(self._set.labels[item]), "digit")
        return Sample((as_image(self._set.pictures[item], self.name),), turns, self.name)

    def digit_image(self, rng: np.random.Generator, digit: int, validation: bool) -> Image:
        """A picture of `digit`: varied for training, held out and as it is for validation."""
        item = self._set.split.draw_of(rng, digit, validation=validation)
        if validation:
            return as_image(self._set.pictures[item], self.name)
        pixels = augment_glyph(coloured(self._set.pictures[item]), rng)
        return as_image(enlarge(invert(pixels, rng, 0.25), rng), self.name)


def _ask_caption(rng: np.random.Generator, digit: int) -> Turn:
    captions = (
        Word(f"A handwritten {digit}.", f"手写的数字{digit}。"),
        Word(f"The handwritten digit {digit}.", f"一个手写的数字{digit}。"),
        Word(f"A grey picture of a handwritten {digit}.", f"手写数字{digit}的灰度图片。"),
    )
    return ask(rng, DESCRIBE, captions[int(rng.integers(len(captions)))], "caption", weight=0.2)
