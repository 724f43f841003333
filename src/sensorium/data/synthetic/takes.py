"""What every scenario of a film needs: the stage with its generator, and the questions that any film answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.data.phrasing import THERE_IS, THERE_IS_NOT, UNANSWERABLE, Word
from sensorium.data.synthetic import moving_phrasings as say
from sensorium.data.synthetic.draws import one_of, whole
from sensorium.data.synthetic.film import Actor, Stage, call, cast, settle
from sensorium.data.synthetic.names import COLOURS
from sensorium.data.synthetic.truths import CAPTION_WEIGHT, Question


@dataclass(frozen=True)
class Take:
    """A generator, the stage, and whether the first actor is a look that only validation shows."""

    rng: np.random.Generator
    stage: Stage
    held_out: bool

    def cast(self, count: int) -> list[Actor]:
        """Draw actors that stand still at (0, 0) and differ in shape and colour."""
        return cast(self.rng, self.stage, count, held_out=self.held_out)

    def with_others(self, leads: Sequence[Actor], extras: Sequence[Actor]) -> list[Actor]:
        """Return the leads, and those extras for which there is room beside all that they do."""
        return settle(self.rng, self.stage, extras, leads)


@dataclass(frozen=True, eq=False)
class Shot:
    """The actors of a film, and what is true of them."""

    actors: tuple[Actor, ...]
    questions: tuple[Question, ...]


def common_questions(take: Take, actors: Sequence[Actor]) -> list[Question]:
    """How many, which colours, and something that nobody can tell. Colours only of what keeps its own."""
    rng = take.rng
    who = one_of(rng, actors)
    questions = [Question(say.HOW_MANY, len(actors), "count")] if len(actors) > 1 or rng.random() < 0.5 else []
    if rng.random() < 0.6:
        questions.append(Question(say.UNTOLD, UNANSWERABLE["video"], "unanswerable"))
    if take.stage.background and rng.random() < 0.5:
        questions.append(Question(say.BACKGROUND, COLOURS[take.stage.background].word, "background"))
    if len(set(who.fills)) == 1 and rng.random() < 0.5:
        thing = Word(f"the {who.shape}", who.word.zh.removeprefix(COLOURS[who.colour].word.zh))
        questions.append(Question(say.COLOUR, COLOURS[who.colour].word, "colour", {"thing": thing}))
    return questions


def happening(take: Take, actors: Sequence[Actor], answer: Word) -> Question:
    """What happens to the first actor."""
    return Question(say.WHAT_HAPPENS, answer, "what happens", {"thing": call(take.rng, actors[0], actors)})


def anything_moves(moves: bool) -> Question:
    """Whether there is any motion."""
    return Question(say.ANYTHING_MOVES, THERE_IS if moves else THERE_IS_NOT, "anything moves")


def does_move(take: Take, who: Actor, actors: Sequence[Actor], moves: bool) -> Question:
    """Whether one actor moves."""
    thing = call(take.rng, who, actors)
    return Question(say.DOES_MOVE, say.MOVED if moves else say.UNMOVED, "does it move", {"thing": thing})


def caption(english: str, chinese: str) -> Question:
    """Return a request to describe the film; its wording is free, so it weighs little."""
    return Question(say.DESCRIBE, Word(english, chinese), "caption", weight=CAPTION_WEIGHT)


def company(rng: np.random.Generator, most: int = 3) -> int:
    """Draw how many actors there are, one of them half of the time."""
    return 1 if rng.random() < 0.5 else whole(rng, 2, most)
