"""A step learns the same however it is cut up; validation judges the average; what goes wrong keeps the checkpoint."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sensorium.core.errors import EngineError
from sensorium.data.mixture import Share
from sensorium.inputs.batching import Talk
from sensorium.training.answers import Answers
from sensorium.training.lesson import Lesson
from sensorium.training.log import Log
from sensorium.training.optimiser import set_rates
from sensorium.training.preparation import MicroBatch, Steps
from sensorium.training.processes import Gradients
from sensorium.training.recipe import Optimiser, Recipe
from sensorium.training.trainer import Trainer

MakeRecipe = Callable[..., Recipe]


def begun(recipe: Recipe) -> Trainer:
    Path(recipe.output).mkdir()
    return Trainer(recipe, Path(recipe.output))


def batches_of(trainer: Trainer, step: int = 0) -> list[MicroBatch]:
    return Steps(trainer.mixture, trainer.objective.tutor, step + 1, trainer.draws)[step]


def gradients_of(trainer: Trainer, batch: MicroBatch) -> tuple[float, Gradients]:
    """Loss of a micro-batch that is a whole step, and its gradients."""
    name, lessons = batch
    (loss,) = trainer.strategy.backward([trainer.objective.parts(lessons, trainer._shares([batch])[name].amounts)])
    return loss, [parameter.grad for parameter in trainer.parameters]


@pytest.fixture
def trainer(recipe: MakeRecipe) -> Trainer:
    """A run of sixty steps that has not begun."""
    return begun(recipe(steps=60))


def same_gradients(found: Gradients, expected: Gradients) -> None:
    assert [each is None for each in found] == [each is None for each in expected]
    for mine, theirs in zip(found, expected, strict=True):
        if mine is not None and theirs is not None:
            torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-3)


def test_loss_falls_on_one_repeated_batch(trainer: Trainer) -> None:
    batches = batches_of(trainer)
    losses = [sum(trainer.learn(batches).values()) for _ in range(60)]
    assert losses[-1] < 0.3 * losses[0]
    assert trainer.step == 60


def test_a_micro_batch_in_parts_has_the_gradients_of_the_whole(recipe: MakeRecipe) -> None:
    trainer = begun(recipe(mixture={"one": Share(batch=9, answered=7)}, micro_batches=1, naming=0.5))
    ((name, lessons),) = batches_of(trainer)
    answered = [lesson for lesson in lessons if lesson.answered]
    assert len({len(lesson.talk.ids) for lesson in answered}) > 1
    answers, names = trainer.objective(answered), trainer.objective(lessons)
    expected = answers.answers / sum(sum(lesson.talk.weights) for lesson in answered)
    whole = torch.autograd.grad(
        expected + 0.5 * names.names / len(lessons), list(trainer.objective.parameters()), allow_unused=True
    )
    loss, parts = gradients_of(trainer, (name, lessons))
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    same_gradients(parts, list(whole))


def test_accumulated_draws_have_the_gradients_of_one_large_batch(recipe: MakeRecipe) -> None:
    """Tokens count alike, though the draws have unequal numbers of them."""
    made = recipe(
        mixture={"one": Share(batch=3)}, micro_batches=1, optimiser=Optimiser(accumulate=4, clip=1e9, warmup=0)
    )
    trainer = begun(made)
    batches = batches_of(trainer)
    assert len(batches) == 4
    assert len({sum(sum(lesson.talk.weights) for lesson in lessons) for _, lessons in batches}) > 1
    every = [("one", [lesson for _, lessons in batches for lesson in lessons])]
    loss, expected = gradients_of(trainer, every[0])
    set_rates(trainer.optimisers, 0.0)
    losses = trainer.learn(batches)
    assert losses == {"one": pytest.approx(loss, rel=1e-5)}
    same_gradients([parameter.grad for parameter in trainer.parameters], expected)


def test_draws_of_a_step_are_those_of_more_and_smaller_steps(recipe: MakeRecipe) -> None:
    one, many = begun(recipe("a")), begun(recipe("b", optimiser=Optimiser(accumulate=2)))

    def ids(batches: list[MicroBatch]) -> list[list[int]]:
        return [lesson.talk.ids for _, lessons in batches for lesson in lessons]

    assert ids(batches_of(many, 1)) == ids(batches_of(one, 2)) + ids(batches_of(one, 3))


def test_gradients_that_are_no_numbers_end_the_run_and_keep_the_checkpoint(trainer: Trainer) -> None:
    batches = batches_of(trainer)
    trainer.learn(batches)
    trainer.save()
    path = trainer.folder / "checkpoint.safetensors"
    saved = path.read_bytes()
    torch.nn.init.constant_(trainer.pupil.module.get_parameter("language.norm.weight"), math.nan)
    with pytest.raises(EngineError, match=r"step 1: gradients are not finite .* the last checkpoint is kept"):
        trainer.learn(batches)
    assert path.read_bytes() == saved
    assert load_file(path)


def test_validation_uses_the_average_and_puts_the_weights_back(trainer: Trainer) -> None:
    lessons = {"one": trainer.held_out()["one"], "none": list[Lesson]()}
    before = {name: value.clone() for name, value in trainer.pupil.module.state_dict().items()}
    for value in trainer.average.weights.values():
        value.zero_()  # a model of zeros finds all tokens as likely, and says id 0, which is no answer
    found = trainer.validate(lessons)
    assert list(found) == ["one"]
    assert found["one"].right == 0.0
    assert found["one"].loss == pytest.approx(math.log(300), rel=1e-4)
    assert found["one"].blind
    assert all(torch.equal(before[name], value) for name, value in trainer.pupil.module.state_dict().items())
    assert trainer.pupil.module.training


def test_media_that_tell_the_answer_are_missed_when_they_are_blanked(trainer: Trainer) -> None:
    trainer.average.decay = 0.0
    batches = batches_of(trainer)
    for _ in range(60):
        trainer.learn(batches)
    found = trainer.validate(trainer.held_out())["one"]
    assert found.blanked is not None
    assert found.blanked > 1.03 * found.loss
    assert not found.blind


def test_a_validation_of_text_has_no_blanked_loss(trainer: Trainer) -> None:
    lesson = trainer.held_out()["one"][0]
    words = next(at for at, weight in enumerate(lesson.talk.weights) if weight) - 2
    text = Lesson(Talk(lesson.talk.ids[words:], [], lesson.talk.weights[words:]))
    found = trainer.validate({"one": [text]})["one"]
    assert found.blanked is None
    assert not found.blind


def test_patience_ends_a_run(trainer: Trainer) -> None:
    losses = [3.0, 2.0, 2.5, 2.1]
    log: Log = [{"step": step, "loss": {}, "held_out": {"one": [loss, None]}} for step, loss in enumerate(losses)]
    trainer.log = log
    assert not trainer.done
    trainer.recipe = replace(trainer.recipe, stage=replace(trainer.recipe.stage, patience=2))
    assert trainer.done
    assert isinstance(trainer.objective, Answers)
