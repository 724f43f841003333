"""Matches of digits: written, spoken, and in a film, with their names. They bind all modalities to each other."""

import numpy as np
from PIL import Image as Pillow

from sensorium.data.matches.match import Draw, Match
from sensorium.data.matches.wordings import FILMED, FILMED_ZH, HEARD, HEARD_ZH, SHOWN, SHOWN_ZH, say
from sensorium.data.phrasing import Word
from sensorium.data.readers.digits import DIGIT_WORDS
from sensorium.data.readers.fsdd import Fsdd
from sensorium.data.readers.mnist import Mnist
from sensorium.media.types import Image, VideoClip

_SEED = 7_103
_CANVAS, _SIDE, _FRAMES = 64, 32, 8


def digit_names(digit: int) -> tuple[Word, ...]:
    """What a digit is called."""
    word = DIGIT_WORDS[digit]
    return (
        word,
        Word(str(digit), str(digit)),
        Word(f"the digit {word.en}", f"数字{word.zh}"),
        Word(f"the digit {digit}", f"数字{digit}"),
        Word(f"the number {word.en}", f"数字{word.zh}"),
        Word(f"the number {digit}", f"数字{digit}"),
    )


class WrittenAndSpoken:
    """A picture of a digit, a recording of somebody who says it, and its name."""

    size = 500

    def __init__(self, written: Mnist, spoken: Fsdd) -> None:
        self._written = written
        self._spoken = spoken

    def draw(self, rng: np.random.Generator) -> Draw:
        """Sentences are of what is shown or of what is heard."""
        sentences = (SHOWN, SHOWN_ZH) if rng.random() < 0.5 else (HEARD, HEARD_ZH)

        def draw(rng: np.random.Generator) -> Match:
            digit = int(rng.integers(10))
            return self._match(rng, digit, say(rng, digit_names(digit), *sentences), validation=False)

        return draw

    def held_out(self, index: int) -> Match:
        """A held-out picture and the unheard speaker."""
        digit = index % 10
        return self._match(np.random.default_rng([_SEED, index]), digit, DIGIT_WORDS[digit].en, validation=True)

    def _match(self, rng: np.random.Generator, digit: int, words: str, *, validation: bool) -> Match:
        picture = self._written.digit_image(rng, digit, validation)
        return Match(
            (picture, self._spoken.spoken_digit(rng, digit, validation)), (), "digits", words=words, key=str(digit)
        )


class MovingDigits:
    """A film in which a digit goes across (Srivastava et al. 2015), a picture or a recording of it, and its name."""

    size = 200

    def __init__(self, written: Mnist, spoken: Fsdd) -> None:
        self._written = written
        self._spoken = spoken

    def draw(self, rng: np.random.Generator) -> Draw:
        """Beside the films of a batch are pictures, or recordings."""
        seen = rng.random() < 0.5

        def draw(rng: np.random.Generator) -> Match:
            digit = int(rng.integers(10))
            film = crossing(rng, self._written.digit_image(rng, digit, validation=False))
            other = (self._written.digit_image if seen else self._spoken.spoken_digit)(rng, digit, False)
            words = say(rng, digit_names(digit), FILMED, FILMED_ZH)
            return Match((film, other), (), "moving-digits", words=words, key=str(digit))

        return draw

    def held_out(self, index: int) -> Match:
        """A film of a held-out picture, another one, and the unheard speaker."""
        rng, digit = np.random.default_rng([_SEED, 1, index]), index % 10
        film = crossing(rng, self._written.digit_image(rng, digit, validation=True))
        others = (self._written.digit_image(rng, digit, True), self._spoken.spoken_digit(rng, digit, True))
        return Match((film, *others), (), "moving-digits", words=DIGIT_WORDS[digit].en, key=str(digit))


def crossing(rng: np.random.Generator, picture: Image) -> VideoClip:
    """A film of eight frames, 64 pixels wide and high, in which a small picture goes straight from place to place."""
    small = np.asarray(Pillow.fromarray(picture.pixels).resize((_SIDE, _SIDE), Pillow.Resampling.BICUBIC))
    frames = np.empty((_FRAMES, _CANVAS, _CANVAS, 3), np.uint8)
    frames[:] = small[0, 0]
    start, end = rng.integers(0, _CANVAS - _SIDE + 1, (2, 2))
    places = np.linspace(start, end, _FRAMES).round().astype(int)  # [frames, 2]
    for frame, (left, top) in zip(frames, places.tolist(), strict=True):
        frame[top : top + _SIDE, left : left + _SIDE] = small
    times = np.arange(_FRAMES) / rng.uniform(4.0, 12.0)
    return VideoClip(frames, times, float(times[-1] + times[1]), source="moving-digits")
