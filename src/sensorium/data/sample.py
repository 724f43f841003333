"""A training sample: media, and the turns of a talk about them; and the `Domain` that makes samples.

A domain draws training samples at random from a generator it is handed, so a sample is a function of
(seed, step, place in the batch) alone: order is reproducible and resuming needs no stored queue.
Its validation samples are numbered, fixed, made of material that training never sees, and have one turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from sensorium.media.types import Media

Language = Literal["en", "zh"]

Measure = Literal["exact", "number", "characters", "box"]
"""How an answer is scored: equal text; a number within 5 % of the true one; share of characters right;
a box "x1,y1,x2,y2" in percent of the picture overlapping the true one by half (intersection over union)."""


@dataclass(frozen=True)
class Turn:
    """One question and its true answer, both in `language`.

    `kind` groups turns in reports ("colour", "count", "unanswerable" …). `weight` scales the loss of the answer
    (0.2 for captions, whose wording is free). A turn measured by "characters" is learnt letter by letter.
    """

    question: str
    answer: str
    kind: str
    language: Language = "en"
    measure: Measure = "exact"
    weight: float = 1.0


@dataclass(frozen=True)
class Region:
    """Part of a picture or film, and words for what is there.

    `box` is left, top, right, bottom and `span` start and end, all as shares (0 … 1) of the width, height and frames.
    """

    words: tuple[str, ...]
    box: tuple[float, float, float, float]
    span: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Sample:
    """Media in the order in which they are shown, then the turns; `regions` are of the first medium."""

    media: tuple[Media, ...]
    turns: tuple[Turn, ...]
    domain: str
    regions: tuple[Region, ...] = ()


class Domain(Protocol):
    """A source of samples about one kind of material."""

    @property
    def name(self) -> str:
        """Short name, as written in recipes and reports ("scenes", "mnist")."""

    @property
    def validation_size(self) -> int:
        """How many validation samples there are; `validation` takes 0 … validation_size - 1."""

    def train(self, rng: np.random.Generator) -> Sample:
        """One random training sample; the same generator state gives the same sample."""

    def validation(self, index: int) -> Sample:
        """The validation sample of that number, with one turn."""


@runtime_checkable
class Alike(Protocol):
    """A domain that can give many samples of one shape: they are encoded together, which is up to twice as fast."""

    def alike(self, rng: np.random.Generator) -> Callable[[np.random.Generator], Sample]:
        """Draw a shape, and return what draws training samples of it, as `Domain.train` does."""
