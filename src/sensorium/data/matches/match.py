"""A match: media that show or sound like the same thing, and words for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from sensorium.core.errors import UsageError
from sensorium.data.sample import Sample


@dataclass(frozen=True, eq=False)
class Match(Sample):
    """Media and words for one thing; there are no turns.

    key: what it is. Matches of one key belong together, whatever their words: they are no negatives of each other.
    against: words for something else that is as like it as can be, or "".
    """

    words: str = field(kw_only=True)
    key: str = field(kw_only=True)
    against: str = field(default="", kw_only=True)


Draw = Callable[[np.random.Generator], Match]


class Source(Protocol):
    """Makes matches of one kind."""

    @property
    def size(self) -> int:
        """How many matches are held out."""

    def draw(self, rng: np.random.Generator) -> Draw:
        """Draw what the matches of one batch have in common, and return what draws them."""

    def held_out(self, index: int) -> Match:
        """The match of that number, of material that training never sees, in plain words."""


class Matches:
    """Satisfies `data.sample.Domain` and `Alike`."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self._source = source

    @property
    def validation_size(self) -> int:
        """How many are held out."""
        return self._source.size

    def train(self, rng: np.random.Generator) -> Match:
        """One random match."""
        return self._source.draw(rng)(rng)

    def alike(self, rng: np.random.Generator) -> Draw:
        """Draw what a batch has in common, and return what draws its matches."""
        return self._source.draw(rng)

    def validation(self, index: int) -> Match:
        """The held-out match of that number. Raises: UsageError for one that is not there."""
        if not 0 <= index < self._source.size:
            raise UsageError(
                f"{self.name}: got match {index}; expected 0 to {self._source.size - 1}. Ask for one of these."
            )
        return self._source.held_out(index)
