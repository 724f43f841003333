"""The task: a shape somewhere in a picture, beside it a tone somewhere on the scale, or a note in words; a question.

    combine   "What colour is the shape, and how high is the sound?"   each medium knows half of the answer
    compare   "Is the sound as high as the shape?"                     either medium alone says nothing of it
    either    "How high are the shape and the sound?"                  they agree, so one medium is enough

High, in the middle or low, in the picture as on the scale and in the note. Every height is as likely as any other
whatever is asked and whatever the answer is, so a model that lacks a medium can do no better than `CHANCE`. Everything
is made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sensorium.data.sample import Sample, Turn
from sensorium.data.synthetic import waves
from sensorium.data.synthetic.drawing import paint_shape
from sensorium.data.synthetic.draws import between, one_of, whole
from sensorium.data.synthetic.grounds import gradient
from sensorium.data.synthetic.heard import PITCHES
from sensorium.data.synthetic.names import COLOURS
from sensorium.data.synthetic.waves import Note
from sensorium.media.types import AudioClip, Image, Media, Modality

Kind = Literal["combine", "compare", "either"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Beside = Literal["sound", "text"]
"""What stands beside the picture."""


@dataclass(frozen=True)
class Task:
    """What is shown and asked. modalities: of both, in the order in which they are shown. questions: by kind."""

    modalities: tuple[Modality, Modality]
    questions: Mapping[Kind, str]


TASKS: Mapping[Beside, Task] = {
    "sound": Task(
        ("image", "audio"),
        {
            "combine": "What colour is the shape, and how high is the sound?",
            "compare": "Is the sound as high as the shape?",
            "either": "How high are the shape and the sound?",
        },
    ),
    "text": Task(
        ("image", "text"),
        {
            "combine": "What colour is the shape, and what does the note say?",
            "compare": "Is the shape as high as the note says?",
            "either": "How high is the shape?",
        },
    ),
}

CHANCE: Mapping[Kind, float] = {"combine": 1 / 3, "compare": 1 / 2, "either": 1 / 3}
"""What guessing gets: of `combine` and `compare` with one medium, of `either` with none."""

HEIGHTS = tuple(word.en for word in PITCHES)
"""From low to high."""

NOTE = "The note says {word}."
"""It stands before the question."""

NOTHING = "nothing"
"""What a note says that is blank."""

PAINTS = ("red", "green", "blue")

_SHAPES = ("oval", "rectangle")
"""Wide ones: they fill much of a third."""
_SIDE = 48
_SECONDS = 0.4


@dataclass(frozen=True)
class Scene:
    """What is true of both: the colour and the height of the shape, and how high the tone is, or the note says."""

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


def show(rng: np.random.Generator, scene: Scene, beside: Beside) -> Sample:
    """A picture of a scene, a sound or a note beside it, and the question about them."""
    question, media = TASKS[beside].questions[scene.kind], list[Media]([_picture(rng, scene)])
    if beside == "sound":
        media.append(_sound(rng, scene))
    else:
        question = f"{NOTE.format(word=HEIGHTS[scene.pitch])} {question}"
    return Sample(tuple(media), (Turn(question, scene.answer, scene.kind),), scene.kind)


def texts(beside: Beside) -> tuple[str, ...]:
    """All that is ever said, for a tokenizer."""
    answers = [f"{paint} {height}" for paint in PAINTS for height in HEIGHTS]
    notes = [NOTE.format(word=word) for word in (*HEIGHTS, NOTHING)] if beside == "text" else []
    return (*TASKS[beside].questions.values(), *notes, *answers, *HEIGHTS, "yes", "no")


def draw(rng: np.random.Generator, kind: Kind, beside: Beside) -> Sample:
    """A random sample of a kind."""
    return show(rng, draw_scene(rng, kind), beside)


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
