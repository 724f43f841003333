"""What a made sound and the truth about it look like, and what every scenario of them needs."""

import math
from dataclasses import dataclass

import numpy as np

from sensorium.data.phrasing import THERE_IS, THERE_IS_NOT, UNANSWERABLE, Word
from sensorium.data.synthetic import tone_phrasings as say
from sensorium.data.synthetic.draws import one_of
from sensorium.data.synthetic.truths import CAPTION_WEIGHT, Question, whether
from sensorium.data.synthetic.waves import Samples

PITCHES = {say.LOW: (90.0, 240.0), say.MEDIUM: (420.0, 900.0), say.HIGH: (1700.0, 3600.0)}
"""Hertz (low, high) of each name; the gaps of about an octave keep the names clear."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A sound and what is true of it; `noisy` is the chance that hiss is added."""

    samples: Samples
    questions: tuple[Question, ...]
    noisy: float = 0.5


@dataclass(frozen=True)
class Draw:
    """A generator, and whether pitches come from those set aside for validation."""

    rng: np.random.Generator
    held_out: bool

    def hertz(self, low: float, high: float) -> float:
        """Return a pitch in the range, from the quarter tones that this draw may use."""
        while True:
            hertz = math.exp(self.rng.uniform(math.log(low), math.log(high)))
            if reserved(hertz) == self.held_out:
                return hertz


def reserved(hertz: float) -> bool:
    """Tell whether a pitch is one of the quarter tones that only validation plays."""
    return math.floor(24.0 * math.log2(hertz)) % 6 == 0


def kind_questions(rng: np.random.Generator, kind: Word) -> tuple[Question, ...]:
    """Which kind of sound it is, asked openly and by yes or no; and, at times, something that nobody can tell."""
    asked = kind if rng.random() < 0.5 else one_of(rng, [other for other in say.KINDS if other != kind])
    common = (
        Question(say.WHICH_KIND, kind, "sound kind"),
        whether(say.IS_IT, asked == kind, "is it", thing=say.THINGS.get(asked, asked)),
    )
    silent = kind == say.SILENCE
    rare = (
        (0.2, Question(say.ANY_SOUND, THERE_IS_NOT if silent else THERE_IS, "any sound")),
        (0.5, Question(say.UNTOLD, UNANSWERABLE["audio"], "unanswerable")),
    )
    return common + tuple(question for share, question in rare if silent or rng.random() < share)


def caption(english: str, chinese: str) -> Question:
    """Return a request to describe the sound; its wording is free, so it weighs little."""
    return Question(say.DESCRIBE, Word(english, chinese), "caption", weight=CAPTION_WEIGHT)
