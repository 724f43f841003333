"""Caltech-101, a part: photographs of single objects in 58 classes. The last fifth of each class is held out.

The words that are asked for and answered stand in `caltech_names.py`.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import augment_photo, shrink
from sensorium.data.phrasing import Word, ask
from sensorium.data.readers.caltech_names import NAMES
from sensorium.data.readers.files import as_image, decode_picture, read_archive, read_table
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
from sensorium.data.readers.splits import Split, checked, split_last
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import Image

LABELS = tuple(NAMES)
SIDES = (48, 64, 64, 64, 96, 128)
"""Longest sides that training pictures are scaled to, in pixels."""


@dataclass(frozen=True, eq=False)
class _Photos:
    """Pictures uint8 [height, width, 3], the class of each [N], and the split."""

    pictures: tuple[NDArray[np.uint8], ...]
    labels: NDArray[np.intp]
    split: Split


class Caltech:
    """The photographs of `folder`; read when first used."""

    name = "caltech"

    def __init__(self, folder: Path, *, held_out: float = 0.2) -> None:
        self._folder = folder
        self._held_out = held_out

    @cached_property
    def _set(self) -> _Photos:
        rows = {row["file"]: row["label"] for row in read_table(self._folder / "meta.csv")}
        pictures, labels = [], []
        for name, content in read_archive(self._folder / "caltech101-58classes-128px.tar", ".jpg"):
            label = rows.get(name)
            if label not in NAMES:
                raise UnreadableMedia(f"{name}: no known label in meta.csv. Fetch tar and table of the set together.")
            pictures.append(decode_picture(content, name))
            labels.append(LABELS.index(label))
        numbers = np.array(labels, np.intp)
        return _Photos(tuple(pictures), numbers, split_last(numbers, len(LABELS), self._held_out, self.name))

    @cached_property
    def validation_size(self) -> int:
        """All held-out photographs."""
        return len(self._set.split.fair_order)

    def train(self, rng: np.random.Generator) -> Sample:
        """One photograph, varied, its name and one to four more questions."""
        label = LABELS[int(rng.integers(len(LABELS)))]
        image = self.photo(rng, label, validation=False)
        thing = NAMES[label]
        others = [other for other in NAMES.values() if other is not thing]
        primary = ask(rng, WHAT_IS_SHOWN, thing.word, "name")
        turns = talk(rng, primary, _makers(thing, others), "image", absent(others))
        return Sample((image,), turns, self.name)

    def photo(self, rng: np.random.Generator, label: str, validation: bool) -> Image:
        """A photograph of a class: varied for training, held out and as it is for validation."""
        item = self._set.split.draw_of(rng, LABELS.index(label), validation=validation)
        pixels = self._set.pictures[item]
        return as_image(pixels if validation else shrink(augment_photo(pixels, rng), rng, sides=SIDES), self.name)

    def validation(self, index: int) -> Sample:
        """A held-out photograph, and what it shows. Raises: UsageError for an index out of range."""
        item = int(self._set.split.fair_order[checked(index, self.validation_size, self.name)])
        word = NAMES[LABELS[self._set.labels[item]]].word
        turns = examine(index, "What is this?", WHAT_IS_SHOWN, word, "name")
        return Sample((as_image(self._set.pictures[item], self.name),), turns, self.name)


def _makers(thing: Thing, others: list[Thing]) -> list[Maker]:
    return [
        partial(is_it, thing=thing, others=others),
        partial(which_of, thing=thing, others=others),
        partial(which_of, thing=thing, others=others, count=4),
        partial(_ask_caption, thing=thing),
    ]


def _ask_caption(rng: np.random.Generator, thing: Thing) -> Turn:
    captions = (
        Word(f"A photo of {thing.a.en}.", f"一张{thing.word.zh}的照片。"),
        Word(f"A picture of {thing.a.en}.", f"一张{thing.word.zh}的图片。"),
        Word(f"The picture shows {thing.a.en}.", f"图中是{thing.word.zh}。"),
    )
    return ask(rng, DESCRIBE, captions[int(rng.integers(len(captions)))], "caption", weight=0.2)
