"""A domain of plain coloured squares, and outcomes made by hand."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from sensorium.data.sample import Sample, Turn
from sensorium.evaluation.suite import Outcome
from sensorium.media.types import AudioClip, Image, Media


@dataclass(frozen=True)
class Squares:
    """Grey squares with a little noise, or hums, asked about in two languages; `broken` samples cannot be shown."""

    name: str = "squares"
    validation_size: int = 10
    broken: frozenset[int] = frozenset()
    hears: bool = False

    def train(self, rng: np.random.Generator) -> Sample:
        """Two of three answers are "red"."""
        answer = ("red", "red", "blue")[int(rng.integers(3))]
        return Sample((self._medium(rng),), (Turn("Which?", answer, "colour"), Turn("多少?", "3", "count", "zh")), "")

    def validation(self, index: int) -> Sample:
        """An even number is asked for a colour, which is red at 0, 4, 8; an odd one for a count."""
        rng = np.random.default_rng(index)
        if index % 2:
            turn = Turn("多少?", "3", "count", "zh", measure="number")
        else:
            turn = Turn("Which?", "blue" if index % 4 else "red", "colour")
        medium = Image(np.zeros((0, 8, 3), np.uint8), f"broken {index}") if index in self.broken else self._medium(rng)
        return Sample((medium,), (turn,), self.name)

    def _medium(self, rng: np.random.Generator) -> Media:
        if self.hears:
            return AudioClip(rng.normal(0, 0.1, 2000).astype(np.float32))
        return Image(rng.integers(90, 110, (32, 32, 3)).astype(np.uint8))


@pytest.fixture
def squares() -> type[Squares]:
    """Makes such domains."""
    return Squares


MakeOutcome = Callable[..., Outcome]


@pytest.fixture
def outcome() -> MakeOutcome:
    """Makes an outcome: `outcome(probability, right, kind="image")`."""

    def make(probability: float, right: bool, *, kind: str = "image") -> Outcome:
        turn = Turn("?", "a", "colour")
        return Outcome(0, turn, "a", probability=probability, kind=kind, score=float(right))

    return make
