"""Films of moving shapes with exact truth: 8 to 16 frames of 48 to 96 pixels, at 4 to 12 frames a second.

Each scenario draws what the shapes do and lists what is true of it. Validation's first actor is a shape in a colour
that training never shows it in; the pairs are those that the scenes hold out, so no domain gives them away.
"""

from collections.abc import Callable

import numpy as np

from sensorium.data.sample import Sample
from sensorium.data.synthetic import events, motions
from sensorium.data.synthetic.draws import weighted
from sensorium.data.synthetic.film import actor_regions, build_stage, draw_size, paint
from sensorium.data.synthetic.takes import Shot, Take
from sensorium.data.synthetic.truths import several, single

_SEED = 7_002

_SCENARIOS: tuple[tuple[float, Callable[[Take], Shot]], ...] = (
    (2.6, motions.travel),
    (1.0, motions.turn_back),
    (1.0, motions.race),
    (0.7, motions.meet),
    (1.0, motions.bounce),
    (0.8, motions.still),
    (0.9, events.appear),
    (0.5, events.vanish),
    (0.8, events.arrive),
    (0.9, events.blink),
    (0.9, events.recolour),
    (0.9, events.resize),
    (0.9, events.rotate),
)
"""How often, relative to each other, training draws each; validation takes them in turn."""


class MovingShapes:
    """The domain of films of moving shapes."""

    name = "moving"

    def __init__(self, validation_size: int = 390) -> None:
        self.validation_size = validation_size

    def train(self, rng: np.random.Generator) -> Sample:
        """Draw a scenario, and three to six questions about it."""
        return self.alike(rng)(rng)

    def alike(self, rng: np.random.Generator) -> Callable[[np.random.Generator], Sample]:
        """Draw a size, and return what draws training films of it."""
        size = draw_size(rng)

        def draw(rng: np.random.Generator) -> Sample:
            take = Take(rng, build_stage(rng, size), held_out=False)
            shot = weighted(rng, _SCENARIOS)(take)
            film = paint(rng, take.stage, shot.actors)
            turns = several(rng, shot.questions)
            return Sample((film,), turns, self.name, actor_regions(take.stage, shot.actors))

        return draw

    def validation(self, index: int) -> Sample:
        """The scenarios in turn, with looks that training leaves out, and one question."""
        rng = np.random.default_rng([_SEED, index])
        take = Take(rng, build_stage(rng, draw_size(rng)), held_out=True)
        shot = _SCENARIOS[index % len(_SCENARIOS)][1](take)
        return Sample((paint(rng, take.stage, shot.actors),), single(rng, shot.questions), self.name)
