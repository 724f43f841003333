"""Made sounds with exact truth: tones, beeps, rhythms, chirps, chords, clicks, noise, silence, 0.6 to 3.5 seconds.

Each scenario draws a sound and lists what is true of it. What lies between two answers (between low and medium,
fast and slow, regular and irregular) is never drawn, so no truth is a matter of taste. Validation plays pitches
that training never does: every sixth quarter tone is set aside for it.
"""

from collections.abc import Callable

import numpy as np

from sensorium.data.sample import Sample
from sensorium.data.synthetic import rhythms, sounds, waves
from sensorium.data.synthetic.draws import weighted
from sensorium.data.synthetic.heard import Draw, Heard
from sensorium.data.synthetic.truths import several, single
from sensorium.media.types import AudioClip

_SEED = 7_001

_SCENARIOS: tuple[tuple[float, Callable[[Draw], Heard]], ...] = (
    (2.0, rhythms.beeps),
    (1.0, rhythms.knocks),
    (0.8, rhythms.pause),
    (1.2, rhythms.melody),
    (0.8, rhythms.odd_one),
    (1.6, sounds.steady),
    (1.0, sounds.glide),
    (0.6, sounds.chord),
    (0.7, sounds.noise),
    (0.3, sounds.silence),
    (0.6, sounds.moment),
    (0.7, sounds.order),
    (1.2, sounds.comparison),
)
"""How often, relative to each other, training draws each; validation takes them in turn."""


class Tones:
    """The domain of made sounds."""

    name = "tones"

    def __init__(self, validation_size: int = 390) -> None:
        self.validation_size = validation_size

    def train(self, rng: np.random.Generator) -> Sample:
        """Draw a scenario, and three to six questions about it."""
        heard = weighted(rng, _SCENARIOS)(Draw(rng, held_out=False))
        return Sample((_clip(rng, heard),), several(rng, heard.questions), self.name)

    def validation(self, index: int) -> Sample:
        """The scenarios in turn, on pitches that training leaves out, with one question."""
        rng = np.random.default_rng([_SEED, index])
        heard = _SCENARIOS[index % len(_SCENARIOS)][1](Draw(rng, held_out=True))
        return Sample((_clip(rng, heard),), single(rng, heard.questions), self.name)


def _clip(rng: np.random.Generator, heard: Heard) -> AudioClip:
    return AudioClip(waves.finish(rng, heard.samples, noisy=heard.noisy), source="tones")
