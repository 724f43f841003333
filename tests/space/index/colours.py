"""A model that sees colours and hears pitch, and files and stores for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import LimitExceeded
from sensorium.media.encode import encode_audio, encode_image
from sensorium.media.types import SAMPLE_RATE, AudioClip, Document, Image, Media, Modality, VideoClip
from sensorium.space.index.types import Rows

COLOURS = {"red": (230, 20, 20), "green": (20, 230, 20), "blue": (20, 20, 230), "grey": (128, 128, 128)}


class Colours:
    """Places by colour [r, g, b], by pitch [low, high] and by a hash of other words [3]: width 8."""

    name = "colours"
    width = 8
    modalities: Sequence[Modality] = ("text", "image", "audio", "video")

    def __init__(self) -> None:
        self.seen = 0

    def embed_media(self, media: Sequence[Media]) -> Rows:
        self.seen += len(media)
        return np.stack([self._place(medium) for medium in media])

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        return np.stack([self._words(text) for text in texts])

    def sharpness(self, modality: Modality) -> float:
        return 10.0

    def _place(self, medium: Media) -> Rows:
        match medium:
            case Image():
                return _unit(np.concatenate([_colour(medium.pixels), np.zeros(5)]))
            case VideoClip():
                return _unit(np.concatenate([_colour(medium.frames), np.zeros(5)]))
            case AudioClip():
                crossings = np.abs(np.diff(np.sign(medium.samples))).sum() / 4 / medium.seconds
                high = float(np.clip(crossings / 1000, 0, 1))
                return _unit(np.array([0, 0, 0, 1 - high, high, 0, 0, 0]))
            case Document():
                return self._words(medium.text)

    def _words(self, text: str) -> Rows:
        if len(text) > 200:
            raise LimitExceeded("too long; at most 200 characters. Shorten it.")
        place = np.full(8, 1e-3)
        for word in text.lower().split():
            if word in COLOURS:
                place[:3] += _colour(np.array(COLOURS[word]))
            elif word in ("low", "high"):
                place[3 if word == "low" else 4] += 1
            else:
                place[5 + sum(word.encode()) % 3] += 1
        return _unit(place)


def _colour(pixels: NDArray[Any]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = pixels.reshape(-1, 3).mean(axis=0) / 255 - 0.05
    return mean


def _unit(place: NDArray[np.float64]) -> Rows:
    return (place / np.linalg.norm(place)).astype(np.float32)


def paint(path: Path, colour: str, *, shade: int = 0) -> Path:
    pixels = np.full((24, 32, 3), COLOURS[colour], np.uint8)
    pixels[0, 0] = shade
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_image(Image(pixels)))
    return path


def play(path: Path, hertz: float, seconds: float = 1.0) -> Path:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    path.write_bytes(encode_audio(AudioClip(np.sin(2 * np.pi * hertz * times).astype(np.float32) * 0.5)))
    return path
