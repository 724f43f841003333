"""Matches that are quick to make, and a model that knows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sensorium.data.matches.match import Draw, Match, Matches
from sensorium.media.types import Image, Media, Modality
from sensorium.space.report import material

NAMES = ("zero", "one", "two", "three")


class Levels:
    """Grey pictures, as bright as their digit says; "four" belongs to none."""

    size = 20

    def draw(self, rng: np.random.Generator) -> Draw:
        return lambda rng: self.held_out(int(rng.integers(20)))

    def held_out(self, index: int) -> Match:
        digit = index % 4
        image = Image(np.full((4, 4, 3), 50 * digit, np.uint8))
        return Match((image,), (), "levels", words=NAMES[digit], key=str(digit), against="four" if index % 2 else "")


@dataclass(frozen=True)
class Known:
    """Puts a picture where its name is, but for a little that tells modalities apart."""

    name: str = "known"
    width: int = 6
    modalities: tuple[Modality, ...] = ("text", "image")

    def embed_media(self, media: Sequence[Media]) -> NDArray[np.float32]:
        digits = [int(medium.pixels[0, 0, 0]) // 50 for medium in media if isinstance(medium, Image)]
        return self._rows(digits, 0.3)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = [next((NAMES.index(name) for name in NAMES if name in text), 4) for text in texts]
        return self._rows(found, 0.0)

    def _rows(self, places: Sequence[int], extra: float) -> NDArray[np.float32]:
        rows = np.zeros((len(places), self.width), np.float32)
        rows[np.arange(len(places)), places] = 1.0
        rows[:, -1] = extra
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9), np.float32)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    """Every kind of match is of levels."""

    def matches(name: str, root: Path) -> Matches:
        return Matches(name, Levels())

    monkeypatch.setattr(material, "matches", matches)
    return Known()
