"""A talk about one picture: several questions drawn from a table of makers, none asked twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from sensorium.data.sample import Turn
from sensorium.data.synthetic.draws import weighted

Subject = TypeVar("Subject")

_OFTEN = 2
"""How many questions of one maker a talk may hold."""


def draw_turns(
    rng: np.random.Generator,
    makers: Sequence[tuple[float, Callable[[np.random.Generator, Subject], Turn | None]]],
    subject: Subject,
    wanted: int,
) -> tuple[Turn, ...]:
    """Return up to `wanted` turns about `subject`, made by the (weight, maker) pairs; fewer where few apply."""
    turns: dict[str, Turn] = {}
    used: Counter[Callable[[np.random.Generator, Subject], Turn | None]] = Counter()
    for _ in range(8 * wanted):
        if len(turns) == wanted:
            break
        make = weighted(rng, makers)
        turn = make(rng, subject) if used[make] < _OFTEN else None
        if turn is not None and turn.question not in turns:
            turns[turn.question] = turn
            used[make] += 1
    return tuple(turns.values())
