"""Questions whose answers are known, waiting to be put into words.

A scenario (a sound, a film, a pair of media) lists all that can be truly said of it as `Question`s; a sample draws
a few of them. The wording, and with it the language, is drawn last, so every question exists in every language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sensorium.data.phrasing import NO, YES, Phrasing, Word, ask
from sensorium.data.sample import Measure, Turn
from sensorium.data.synthetic.draws import one_of, some_of, whole

CAPTION_WEIGHT = 0.2
_CAPTION_SHARE = 0.35


@dataclass(frozen=True, eq=False)
class Question:
    """A question of some `kind` in many wordings, what goes into its slots, and the true answer."""

    phrasing: Phrasing
    answer: Word | str | int
    kind: str
    slots: Mapping[str, Word | str | int] = field(default_factory=dict)
    measure: Measure = "exact"
    weight: float = 1.0

    def turn(self, rng: np.random.Generator) -> Turn:
        """Draw a wording."""
        return ask(rng, self.phrasing, self.answer, self.kind, measure=self.measure, weight=self.weight, **self.slots)


def whether(phrasing: Phrasing, true: bool, kind: str, **slots: Word | str | int) -> Question:
    """Return a question to be answered by yes or no (是 / 不是)."""
    return Question(phrasing, YES if true else NO, kind, slots)


def several(rng: np.random.Generator, questions: Sequence[Question]) -> tuple[Turn, ...]:
    """Draw three to six questions, or all if there are fewer, in random order; captions are rare.

    A question listed twice is asked more often, at times in two wordings, never twice in the same.
    """
    wanted = whole(rng, 3, 6)
    asked: dict[str, Turn] = {}
    for question in some_of(rng, questions, len(questions)):
        if question.weight < 1.0 and rng.random() > _CAPTION_SHARE:
            continue
        turn = question.turn(rng)
        asked.setdefault(turn.question, turn)
        if len(asked) == wanted:
            break
    return tuple(asked.values())


def single(rng: np.random.Generator, questions: Sequence[Question]) -> tuple[Turn, ...]:
    """Draw one question that is scored as it stands: captions, whose wording is free, are left out."""
    return (one_of(rng, [question for question in questions if question.weight >= 1.0]).turn(rng),)
