"""Damage to one of the media of a sample: what a model makes of it shows how much it leans on which."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from sensorium.data.sample import Sample
from sensorium.data.synthetic.drawing import grain
from sensorium.data.synthetic.draws import whole
from sensorium.evaluation.fusion.task import NOTE, NOTHING
from sensorium.media.types import AudioClip, Image, Media, Modality

Damage = Literal["missing", "blank", "noise"]
DAMAGES: tuple[Damage, ...] = get_args(Damage)
"""A medium is not shown at all, shows nothing, or can hardly be made out."""

_GRAIN = 255.0
"""The spread of noise on a picture, of 255."""
_HISS = 1.0
"""The loudness of noise on a sound, in loudnesses of the sound."""
_SLIPS = 0.5
"""The share of letters of a note that are others."""


def damaged(rng: np.random.Generator, sample: Sample, *, modality: Modality, damage: Damage) -> Sample:
    """The same sample with the medium of one modality damaged; text is the note."""
    if modality == "text":
        turn = sample.turns[0]
        note, _, question = turn.question.partition(". ")
        return replace(sample, turns=(replace(turn, question=f"{_note(rng, note, damage)}{question}"),))
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


def _note(rng: np.random.Generator, note: str, damage: Damage) -> str:
    """A note, and the space behind it; "The note says high" has no full stop yet."""
    if damage == "missing":
        return ""
    if damage == "blank":
        return f"{NOTE.format(word=NOTHING)} "
    slips = rng.random(len(note)) < _SLIPS
    letters = [
        chr(whole(rng, ord("a"), ord("z"))) if slip and letter != " " else letter
        for letter, slip in zip(note, slips, strict=True)
    ]
    return f"{''.join(letters)}. "
