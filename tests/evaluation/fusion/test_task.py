"""The task: its truth is true of the media, and nothing that one medium shows tells the answer."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sensorium.evaluation.fusion.task import (
    CHANCE,
    KINDS,
    PAINTS,
    TASKS,
    Beside,
    Kind,
    Scene,
    draw_scene,
    show,
    texts,
)
from sensorium.media.types import AudioClip, Image

SEEN: Callable[[Scene], object] = lambda scene: (scene.colour, scene.place)  # noqa: E731
HEARD: Callable[[Scene], object] = lambda scene: scene.pitch  # noqa: E731
BOTH: Callable[[Scene], object] = lambda scene: (scene.colour, scene.place, scene.pitch)  # noqa: E731
NOTHING: Callable[[Scene], object] = lambda scene: None  # noqa: E731


def best_rule(kind: Kind, known: Callable[[Scene], object]) -> float:
    """How often the commonest answer among scenes of which the same is known is right, on 500 others."""
    rng = np.random.default_rng(3)
    answers: dict[object, Counter[str]] = defaultdict(Counter)
    for _ in range(1500):
        scene = draw_scene(rng, kind)
        answers[known(scene)][scene.answer] += 1
    others = [draw_scene(rng, kind) for _ in range(500)]
    return sum(answers[known(scene)].most_common(1)[0][0] == scene.answer for scene in others) / len(others)


@pytest.mark.parametrize("kind", ["combine", "compare"])
@pytest.mark.parametrize("known", [SEEN, HEARD])
def test_one_medium_alone_is_at_chance(kind: Kind, known: Callable[[Scene], object]) -> None:
    assert abs(best_rule(kind, known) - CHANCE[kind]) < 0.07


def test_either_medium_tells_where_they_agree_and_a_blind_guess_does_not() -> None:
    assert best_rule("either", SEEN) == best_rule("either", HEARD) == 1.0
    assert abs(best_rule("either", NOTHING) - CHANCE["either"]) < 0.07


@pytest.mark.parametrize("kind", KINDS)
def test_both_media_together_tell(kind: Kind) -> None:
    assert best_rule(kind, BOTH) == 1.0


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("colour", PAINTS)
def test_the_media_show_what_is_true(place: int, colour: str) -> None:
    sample = show(np.random.default_rng(place), Scene("combine", colour, place, pitch=2 - place), "sound")
    picture, sound = sample.media
    assert isinstance(picture, Image)
    assert isinstance(sound, AudioClip)
    drawn = picture.pixels.astype(int)
    coloured = np.ptp(drawn, axis=2) > 40
    rows = np.flatnonzero(coloured.any(axis=1))
    assert 2 - int(rows.mean() // 16) == place
    assert drawn[coloured].mean(axis=0).argmax() == ("red", "green", "blue").index(colour)
    loudest = np.abs(np.fft.rfft(sound.samples)).argmax() / sound.seconds
    assert int(np.digitize(loudest, (300.0, 1200.0))) == 2 - place
    assert sample.turns[0].question == TASKS["sound"].questions["combine"]


def test_a_note_says_what_a_sound_would() -> None:
    sample = show(np.random.default_rng(0), Scene("compare", "red", 0, pitch=2), "text")
    assert [medium.modality for medium in sample.media] == ["image"]
    assert sample.turns[0].question == "The note says high. Is the shape as high as the note says?"
    assert sample.turns[0].answer == "no"


@pytest.mark.parametrize("beside", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_said_is_known_to_the_tokenizer(kind: Kind, beside: Beside) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        turn = show(rng, draw_scene(rng, kind), beside).turns[0]
        said = turn.question.replace(". ", ".|").split("|")
        assert {*said, turn.answer} <= {*texts(beside)}


def test_comparisons_are_as_often_right_as_wrong() -> None:
    rng = np.random.default_rng(5)
    answers = Counter(draw_scene(rng, "compare").answer for _ in range(1000))
    assert abs(answers["yes"] - 500) < 60
    assert replace(draw_scene(rng, "compare"), place=1, pitch=1).answer == "yes"
