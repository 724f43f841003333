"""Damage is done to one medium, and leaves nothing, or little, of what it shows."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sensorium.evaluation.fusion.damage import damaged
from sensorium.evaluation.fusion.task import TASKS, Scene, draw, show
from sensorium.media.types import AudioClip, Image, Media


@pytest.mark.parametrize("place", [0, 1])
def test_damage_is_done_to_one_medium(place: int) -> None:
    sample, modality = draw(np.random.default_rng(1), "either", "sound"), TASKS["sound"].modalities[place]
    rng = np.random.default_rng(2)
    left = damaged(rng, sample, modality=modality, damage="missing").media
    empty = damaged(rng, sample, modality=modality, damage="blank").media
    rough = damaged(rng, sample, modality=modality, damage="noise").media
    assert left == (sample.media[1 - place],)
    assert empty[1 - place] is rough[1 - place] is sample.media[1 - place]
    before = content(sample.media[place])
    assert content(empty[place]).shape == content(rough[place]).shape == before.shape
    assert np.ptp(content(empty[place])) == 0.0
    assert np.abs(content(rough[place]) - before).mean() > 0.5 * before.std()


def content(medium: Media) -> NDArray[np.float64]:
    assert isinstance(medium, Image | AudioClip)
    return np.asarray(medium.pixels if isinstance(medium, Image) else medium.samples, np.float64)


def test_damage_to_a_note_spares_the_question() -> None:
    sample = show(np.random.default_rng(0), Scene("combine", "red", 0, pitch=1), "text")
    asked = TASKS["text"].questions["combine"]

    def said(damage: Any) -> str:
        found = damaged(np.random.default_rng(2), sample, modality="text", damage=damage)
        assert found.media == sample.media
        assert found.turns[0].answer == sample.turns[0].answer
        assert found.turns[0].question.endswith(asked)
        return found.turns[0].question.removesuffix(asked)

    assert said("missing") == ""
    assert said("blank") == "The note says nothing. "
    whole, rough = sample.turns[0].question.removesuffix(asked), said("noise")
    assert len(rough) == len(whole)
    assert 0.2 < np.mean([one != other for one, other in zip(rough, whole, strict=True)]) < 0.7
