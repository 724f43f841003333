"""The task: a shape somewhere in a picture, a tone somewhere on the scale, and a question about both.

    combine   "What colour is the shape, and how high is the sound?"   each medium knows half of the answer
    compare   "Is the sound as high as the shape?"                     either medium alone says nothing of it
    either    "How high are the shape and the sound?"                  they agree, so one medium is enough

High, in the middle or low, in the picture as on the scale. Every height is as likely as any other whatever is asked and
whatever the answer is, so a model that lacks a medium can do no better than `CHANCE`. Everything is made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from sensorium.data.sample import Sample, Turn
from sensorium.data.synthetic import waves
from sensorium.data.synthetic.drawing import gradient, grain, paint_shape
from sensorium.data.synthetic.draws import between, one_of, whole
from sensorium.data.synthetic.heard import PITCHES
from sensorium.data.synthetic.names import COLOURS
from sensorium.data.synthetic.waves import Note
from sensorium.inputs.carrier import RowModality
from sensorium.media.types import AudioClip, Image, Media

Kind = Literal["combine", "compare", "either"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Damage = Literal["missing", "blank", "noise"]
DAMAGES: tuple[Damage, ...] = get_args(Damage)
"""A medium is not shown at all, shows nothing, or can hardly be made out."""

MODALITIES: tuple[RowModality, ...] = ("image", "audio")
"""In the order in which the media are shown."""

QUESTIONS: Mapping[Kind, str] = {
    "combine": "What colour is the shape, and how high is the sound?",
    "compare": "Is the sound as high as the shape?",
    "either": "How high are the shape and the sound?",
}

CHANCE: Mapping[Kind, float] = {"combine": 1 / 3, "compare": 1 / 2, "either": 1 / 3}
"""What guessing gets: of `combine` and `compare` with one medium, of `either` with none."""

HEIGHTS = tuple(word.en for word in PITCHES)
"""From low to high."""

PAINTS = ("red", "green", "blue")

_SHAPES = ("oval", "rectangle")
"""Wide ones: they fill much of a third."""
_SIDE = 48
_SECONDS = 0.4
_GRAIN = 255.0
"""The spread of noise on a picture, of 255."""
_HISS = 1.0
"""The loudness of noise on a sound, in loudnesses of the sound."""


@dataclass(frozen=True)
class Scene:
    """What is true of two media: the colour and the height of the shape, and how high the tone is (0, 1, 2)."""

    kind: Kind
    colour: str
    place: int
    pitch: int

    @property
    def answer(self) -> str:
        """To the question of its kind."""
        if self.kind == "combine":
            return f"{self.colour} {HEIGHTS[self.pitch]}"
        if self.kind == "compare":
            return "yes" if self.place == self.pitch else "no"
        return HEIGHTS[self.place]


def draw_scene(rng: np.random.Generator, kind: Kind) -> Scene:
    """A scene that a question of this kind can be asked about; `compare` is answered by yes half of the time."""
    place, step = whole(rng, 0, 2), whole(rng, 0, 2)
    if kind == "either" or (kind == "compare" and rng.random() < 0.5):
        step = 0
    elif kind == "compare":
        step = whole(rng, 1, 2)
    return Scene(kind, one_of(rng, PAINTS), place, (place + step) % 3)


def show(rng: np.random.Generator, scene: Scene) -> Sample:
    """A picture and a sound of a scene, and the question about them."""
    turn = Turn(QUESTIONS[scene.kind], scene.answer, scene.kind)
    return Sample((_picture(rng, scene), _sound(rng, scene)), (turn,), scene.kind)


def texts() -> tuple[str, ...]:
    """All that is ever said, for a tokenizer."""
    answers = [f"{paint} {height}" for paint in PAINTS for height in HEIGHTS]
    return (*QUESTIONS.values(), *answers, *HEIGHTS, "yes", "no")


def draw(rng: np.random.Generator, kind: Kind) -> Sample:
    """A random sample of a kind."""
    return show(rng, draw_scene(rng, kind))


def damaged(rng: np.random.Generator, sample: Sample, *, modality: RowModality, damage: Damage) -> Sample:
    """The same sample with the medium of one modality damaged."""
    if damage == "missing":
        return replace(sample, media=tuple(each for each in sample.media if each.modality != modality))
    spoil = blank if damage == "blank" else noisy
    return replace(
        sample, media=tuple(spoil(rng, each) if each.modality == modality else each for each in sample.media)
    )


def blank(rng: np.random.Generator, medium: Media) -> Media:
    """A medium of the same size that shows nothing: one grey, or silence."""
    match medium:
        case Image():
            return replace(medium, pixels=np.full_like(medium.pixels, whole(rng, 0, 255)))
        case AudioClip():
            return replace(medium, samples=np.zeros_like(medium.samples))
        case _:
            return medium


def noisy(rng: np.random.Generator, medium: Media) -> Media:
    """A medium under noise that is as loud as what it shows."""
    match medium:
        case Image():
            return replace(medium, pixels=grain(medium.pixels, _GRAIN, rng))
        case AudioClip():
            loudness = np.float32(_HISS * float(np.sqrt(np.mean(medium.samples**2))))
            noise = rng.standard_normal(len(medium.samples), np.float32) * loudness
            return replace(medium, samples=np.clip(medium.samples + noise, -1.0, 1.0))
        case _:
            return medium


def _picture(rng: np.random.Generator, scene: Scene) -> Image:
    """A shape on a plain light ground, in the lower, middle or upper third."""
    ground = (whole(rng, 200, 255),) * 3
    picture = gradient(_SIDE, _SIDE, ground, ground, vertical=True)
    third = _SIDE / 3
    radius = between(rng, 0.7, 0.9) * third
    down = third * (2.5 - scene.place) + between(rng, -0.1, 0.1) * third
    across = between(rng, radius, _SIDE - radius)
    paint_shape(picture, one_of(rng, _SHAPES), (across, down), radius, COLOURS[scene.colour].draw(rng))
    return Image(np.asarray(picture), source="shape")


def _sound(rng: np.random.Generator, scene: Scene) -> AudioClip:
    low, high = tuple(PITCHES.values())[scene.pitch]
    hertz = low * (high / low) ** float(rng.random())
    tone = waves.play(Note(hertz, between(rng, 0.5, 0.9) * _SECONDS, one_of(rng, waves.WAVEFORMS)))
    return AudioClip(waves.finish(rng, waves.place([(0.02, tone)], _SECONDS)), source="tone")
