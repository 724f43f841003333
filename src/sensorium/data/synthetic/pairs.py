"""Pairs of media with exact truth: a written and a spoken digit, two of a kind, two sounds, shapes and beeps.

Digits come from real sets, through two functions that the caller hands in; shapes and beeps are made here. Media
stand in either order, and the questions name them: the picture, the sound, the first, the second.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sensorium.data.phrasing import UNANSWERABLE, Word
from sensorium.data.sample import Sample
from sensorium.data.synthetic import pair_phrasings as say
from sensorium.data.synthetic import waves
from sensorium.data.synthetic.counted import beeping, many_shapes
from sensorium.data.synthetic.draws import between, one_of, weighted, whole
from sensorium.data.synthetic.heard import Draw
from sensorium.data.synthetic.tone_phrasings import HIGHER, LOWER, SAME
from sensorium.data.synthetic.truths import Question, several, single, whether
from sensorium.data.synthetic.waves import Note
from sensorium.media.types import AudioClip, Image, Media, Modality

DigitImages = Callable[[np.random.Generator, int, bool], Image]
SpokenDigits = Callable[[np.random.Generator, int, bool], AudioClip]
"""Functions of (generator, digit, whether to draw from the validation part of the set)."""

_SEED = 7_003


@dataclass(frozen=True, eq=False)
class Both:
    """Two media, and what is true of them together."""

    media: tuple[Media, Media]
    questions: tuple[Question, ...]


class Pairs:
    """The domain of pairs of media."""

    name = "pairs"

    def __init__(self, *, digit_images: DigitImages, spoken_digits: SpokenDigits, validation_size: int = 400) -> None:
        self.validation_size = validation_size
        self._digit_images = digit_images
        self._spoken_digits = spoken_digits
        self._scenarios: tuple[tuple[float, Callable[[Draw], Both]], ...] = (
            (3.0, self._spoken_and_written),
            (1.6, self._two_written),
            (1.2, self._two_spoken),
            (1.2, two_tones),
            (1.0, two_rhythms),
            (1.6, shapes_and_beeps),
        )

    def train(self, rng: np.random.Generator) -> Sample:
        """Draw a scenario, and three to six questions about it."""
        both = weighted(rng, self._scenarios)(Draw(rng, held_out=False))
        return Sample(both.media, several(rng, both.questions), self.name)

    def validation(self, index: int) -> Sample:
        """The scenarios in turn, of digits, pitches and looks that training leaves out, with one question."""
        rng = np.random.default_rng([_SEED, index])
        both = self._scenarios[index % len(self._scenarios)][1](Draw(rng, held_out=True))
        return Sample(both.media, single(rng, both.questions), self.name)

    def _spoken_and_written(self, draw: Draw) -> Both:
        rng = draw.rng
        spoken, written = _two_digits(rng)
        sound = self._spoken_digits(rng, spoken, draw.held_out)
        picture = self._digit_images(rng, written, draw.held_out)
        larger = say.EQUAL if spoken == written else say.SPOKEN if spoken > written else say.WRITTEN
        questions = (
            *[whether(say.SAME_DIGIT, spoken == written, "same digit")] * 2,
            Question(say.SPOKEN_DIGIT, spoken, "spoken digit"),
            Question(say.WRITTEN_DIGIT, written, "written digit"),
            Question(say.LARGER_OF_SPOKEN_AND_WRITTEN, larger, "which is larger"),
            *_arithmetic(spoken, written),
            _untold("image"),
        )
        return Both((sound, picture) if rng.random() < 0.5 else (picture, sound), questions)

    def _two_written(self, draw: Draw) -> Both:
        first, second = _two_digits(draw.rng)
        media = (
            self._digit_images(draw.rng, first, draw.held_out),
            self._digit_images(draw.rng, second, draw.held_out),
        )
        return Both(media, (*_of_two(draw.rng, say.PICTURE, first, second), _untold("image")))

    def _two_spoken(self, draw: Draw) -> Both:
        first, second = _two_digits(draw.rng)
        media = (
            self._spoken_digits(draw.rng, first, draw.held_out),
            self._spoken_digits(draw.rng, second, draw.held_out),
        )
        return Both(media, (*_of_two(draw.rng, say.SOUND, first, second), _untold("audio")))


def _two_digits(rng: np.random.Generator) -> tuple[int, int]:
    """Draw two digits, alike 40 % of the time: "same?" is then about as often yes as no."""
    first = whole(rng, 0, 9)
    return first, first if rng.random() < 0.4 else whole(rng, 0, 9)


def _arithmetic(one: int, two: int) -> tuple[Question, ...]:
    return Question(say.SUM, one + two, "sum"), Question(say.DIFFERENCE, abs(one - two), "difference")


def _untold(modality: Modality) -> Question:
    """What neither of the media tells."""
    return Question(say.UNTOLD, UNANSWERABLE[modality], "unanswerable")


def _of_two(rng: np.random.Generator, medium: Word, first: int, second: int) -> tuple[Question, ...]:
    """What is asked of two digits in media of one kind."""
    larger = say.EQUAL if first == second else say.FIRST if first > second else say.SECOND
    return (
        whether(say.SAME_TWO, first == second, "same digit", medium=medium),
        Question(say.DIGIT_OF, first, "digit of", {"place": say.FIRST, "medium": medium}),
        Question(say.DIGIT_OF, second, "digit of", {"place": say.SECOND, "medium": medium}),
        Question(say.LARGER_OF_TWO, larger, "which is larger", {"medium": medium}),
        *_arithmetic(first, second),
    )


def two_tones(draw: Draw) -> Both:
    """Two sounds of one tone each, three to fourteen semitones apart or on the same pitch."""
    rng = draw.rng
    low = draw.hertz(180.0, 1000.0)
    apart = one_of(rng, (0.0, 1.0, 1.0, -1.0, -1.0)) * between(rng, 3.0, 14.0)
    pitches = (low, low * 2 ** (apart / 12))
    media = tuple(_tone(rng, hertz) for hertz in pitches)
    higher = SAME if apart == 0 else HIGHER if apart > 0 else LOWER
    which = say.EQUAL if apart == 0 else say.SECOND if apart > 0 else say.FIRST
    questions = (
        *[Question(say.SECOND_HIGHER, higher, "second pitch")] * 2,
        *[Question(say.WHICH_HIGHER, which, "which is higher")] * 2,
        _untold("audio"),
    )
    return Both((media[0], media[1]), questions)


def _tone(rng: np.random.Generator, hertz: float) -> AudioClip:
    seconds = between(rng, 0.4, 1.2)
    tone = waves.play(Note(hertz, seconds, one_of(rng, waves.WAVEFORMS)))
    return AudioClip(waves.finish(rng, waves.place([(0.1, tone)], seconds + 0.2)), source="tone")


def two_rhythms(draw: Draw) -> Both:
    """Two sounds of one to six beeps each."""
    rng = draw.rng
    first = whole(rng, 1, 6)
    second = first if rng.random() < 0.25 else whole(rng, 1, 6)
    which = say.EQUAL if first == second else say.FIRST if first > second else say.SECOND
    questions = (
        *[Question(say.WHICH_SOUND_HAS_MORE, which, "which has more")] * 2,
        Question(say.BEEPS_IN, first, "count", {"place": say.FIRST}),
        Question(say.BEEPS_IN, second, "count", {"place": say.SECOND}),
        _untold("audio"),
    )
    return Both((beeping(draw, first), beeping(draw, second)), questions)


def shapes_and_beeps(draw: Draw) -> Both:
    """A picture of one to six shapes of one kind, and as many beeps or not."""
    rng = draw.rng
    picture, things, shapes = many_shapes(draw, whole(rng, 1, 6))
    beeps = shapes if rng.random() < 0.4 else whole(rng, 1, 6)
    more = say.EQUAL if shapes == beeps else things if shapes > beeps else say.BEEPS
    slots: dict[str, Word | str | int] = {"things": things}
    questions = (
        *[whether(say.AS_MANY, shapes == beeps, "as many", **slots)] * 2,
        Question(say.HOW_MANY_BEEPS, beeps, "count beeps"),
        Question(say.HOW_MANY_THINGS, shapes, "count shapes", slots),
        Question(say.WHICH_MORE, more, "which are more", slots),
        Question(say.TOTAL, shapes + beeps, "total", slots),
        _untold("image"),
    )
    sound = beeping(draw, beeps)
    return Both((sound, picture) if rng.random() < 0.5 else (picture, sound), questions)
