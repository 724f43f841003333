"""Packed talks give what they give alone: states, losses, gradients; and rows are filled well."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.models.text.folders import write

from sensorium.chat.message import Message, assistant, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import ConfigError
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.models.text.model import load
from sensorium.training.answers import Answers
from sensorium.training.freezing import learning
from sensorium.training.lesson import Lesson
from sensorium.training.log import Progress
from sensorium.training.loop import train
from sensorium.training.objective import PARTS, Objective, in_parts
from sensorium.training.packing import pack
from sensorium.training.preference import Preference
from sensorium.training.pupil import Pupil
from sensorium.training.recipe import Optimiser, Recipe

ROOM = 120


def of_length(*lengths: int) -> list[Talk]:
    return [Talk([5] * length, [], [0.0] * length) for length in lengths]


def picture(seed: int, side: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (32, side, 3), np.uint8))


TALKS: list[list[Message]] = [
    [user("Hi"), assistant("Hello!")],
    [user("What is this? " * 4), assistant("an ankle boot " * 3), user("And?"), assistant("red")],
    [user(picture(0, 48), "What is this?"), assistant("7")],
    [user("how many red circles"), assistant("three")],
    [user(picture(1, 64), "how many red circles", picture(2, 32)), assistant("an ankle boot")],
    [user("?"), assistant("!")],
    [user(picture(3, 32), "?"), assistant("What is this?")],
]


@pytest.fixture
def assembler(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Assembler:
    return Assembler(tiny_tokenizer, tiny_config.inputs)


@pytest.fixture
def pupil(tiny_nano: EarlyFusion, assembler: Assembler) -> Pupil:
    return Pupil("nano", tiny_nano, tiny_nano, assembler, lambda folder, module: None)


def test_rows_are_filled() -> None:
    assert pack(of_length(3, 9, 4, 5, 30), room=10) is not None
    packing = pack(of_length(3, 9, 4, 5, 30, 1), room=10)
    assert packing is not None
    assert packing.rows == ((4,), (1, 5), (3, 2), (0,))
    assert pack(of_length(3, 9), room=None) is None


def test_no_talk_sees_another(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    talks = [assembler.talk(talk, ask=False) for talk in TALKS]
    batch = assembler.training_batch(talks)
    packing = pack(talks, ROOM)
    assert packing is not None
    assert 1 < len(packing.rows) < len(talks)
    states, expected = packing.states(tiny_nano, batch.inputs), tiny_nano(batch.inputs)
    assert states.shape == expected.shape
    for row, talk in enumerate(talks):
        torch.testing.assert_close(states[row, : len(talk.ids)], expected[row, : len(talk.ids)], atol=1e-5, rtol=1e-5)
        assert not states[row, len(talk.ids) :].any()


def test_windows_end_where_a_talk_begins(tmp_path: Path) -> None:
    model = load(write(tmp_path / "gemma2", "gemma2"), dtype=torch.float32)
    lengths = (40, 9, 23, 31)
    ids = torch.randint(8, 300, (len(lengths), max(lengths)), generator=torch.Generator().manual_seed(0))
    inputs = ModelInputs(ids, torch.arange(max(lengths)).expand(len(lengths), -1), None, (), ())
    packing = pack(of_length(*lengths), room=64)
    assert packing is not None
    with torch.no_grad():
        states, expected = packing.states(model, inputs), model(inputs)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(states[row, :length], expected[row, :length], atol=1e-5, rtol=1e-5)


def gradients(objective: Objective, lessons: list[Lesson]) -> tuple[float, list[torch.Tensor]]:
    objective.zero_grad()
    loss = 0.0
    for part in objective.parts(lessons, objective.amounts(lessons)):
        part.loss.backward()
        loss += part.shown
    return loss, [each.grad.clone() for _, each in learning(objective) if each.grad is not None]


def test_answers_are_learnt_as_if_alone(pupil: Pupil, assembler: Assembler) -> None:
    lessons = [Lesson(assembler.talk(talk, ask=False)) for talk in TALKS]
    (loss, found), (expected, wanted) = (
        gradients(Answers(pupil, naming=0.0, room=room), lessons) for room in (ROOM, None)
    )
    assert loss == pytest.approx(expected, abs=1e-5)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    marks, plain = Answers(pupil, room=ROOM).judge(lessons), Answers(pupil).judge(lessons)
    assert torch.equal(marks.right, plain.right)
    assert marks.loss == pytest.approx(plain.loss, abs=1e-4)


def test_preferences_are_learnt_as_if_alone(pupil: Pupil, assembler: Assembler) -> None:
    objectives = [Preference(pupil, beta=0.5, room=room) for room in (ROOM, None)]
    with torch.no_grad():
        for parameter in pupil.module.parameters():
            parameter.mul_(1.1)
    lessons = [
        Lesson(assembler.talk(talk, ask=False), beside=assembler.talk([talk[0], assistant("no")], ask=False))
        for talk in TALKS
    ]
    losses = [gradients(objective, lessons)[0] for objective in objectives]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_each_part_has_long_ones_and_short_ones(count: int) -> None:
    lengths = [5, 1, 4, 2, 7, 3, 6][:count]
    parts = in_parts([Lesson(talk) for talk in of_length(*lengths)], room=8)
    assert sorted(len(lesson.talk.ids) for part in parts for lesson in part) == sorted(lengths)
    assert len(parts) == min(count, PARTS)
    if count == 7:
        assert [[len(lesson.talk.ids) for lesson in part] for part in parts] == [[1, 4, 7], [2, 5], [3, 6]]


def test_a_recipe_may_pack(recipe: Callable[..., Recipe]) -> None:
    losses: dict[int | None, list[float]] = {}
    for room in (None, 90):
        heard: list[Progress] = []
        train(recipe(f"run-{room}", steps=3, naming=0.0, optimiser=Optimiser(warmup=2, pack=room)), heard.append)
        losses[room] = [loss for each in heard for loss in each.losses.values()]
    assert losses[90] == pytest.approx(losses[None], abs=2e-3)  # the log rounds, steps move away by rounding
    with pytest.raises(ConfigError, match=r"optimiser: got .* pack 0"):
        Optimiser(pack=0)


def test_networks_that_look_ahead_are_refused(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    talks = [assembler.talk(talk, ask=False) for talk in TALKS]
    packing = pack(talks, ROOM)
    assert packing is not None
    tiny_nano.groups = lambda inputs: inputs.ids
    with pytest.raises(ConfigError, match=r"optimiser\.pack is for models whose tokens look back alone"):
        packing.states(tiny_nano, assembler.training_batch(talks).inputs)
