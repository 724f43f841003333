"""Distillation: the loss is that of the definition, and nothing where both models are the same."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import ConfigError
from sensorium.data.sample import Sample, Turn
from sensorium.inputs.assemble import Assembler
from sensorium.media.types import Image
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.training.distillation import BesideTutor, Distillation
from sensorium.training.freezing import learning
from sensorium.training.pupil import Pupil
from sensorium.training.stage import Stage

Make = Callable[..., Distillation]


@pytest.fixture
def make(make_nano: Callable[[int], EarlyFusion], tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Make:
    def pupil(seed: int) -> Pupil:
        model = make_nano(seed)
        return Pupil("nano", model, model, Assembler(tiny_tokenizer, tiny_config.inputs), lambda folder, module: None)

    def made(mine: int, theirs: int, told: float = 0.0, temperature: float = 2.0) -> Distillation:
        stage = Stage("distil", teacher="other", told=told, temperature=temperature)
        return Distillation(pupil(mine), pupil(theirs), stage)

    return made


PICTURE = Image(np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8))
SAMPLES = [
    Sample((PICTURE,), (Turn("What?", "a red boot", "name"),), "things"),
    Sample((), (Turn("And?", "7", "name", weight=0.5),), "things"),
]


def loss_of(objective: Distillation) -> torch.Tensor:
    lessons = [objective.tutor(sample) for sample in SAMPLES]
    return torch.stack([part.loss for part in objective.parts(lessons, objective.amounts(lessons))]).sum()


def test_the_loss_is_that_of_the_definition(make: Make) -> None:
    objective = make(0, 1, told=0.25)
    total, of = 0.0, 0.0
    for sample in SAMPLES:
        talk = objective.tutor(sample).talk
        batch = objective.assembler.training_batch([talk])
        mine, theirs = (
            network.language.logits(network(batch.inputs))[0, :-1].detach()
            for network in (objective.model, objective.teacher)
        )
        likely = (theirs / 2).softmax(dim=-1)
        distance = (likely * (likely.log() - (mine / 2).log_softmax(dim=-1))).sum(dim=-1)
        truth = -mine.log_softmax(dim=-1).gather(1, batch.inputs.ids[0, 1:, None])[:, 0]
        weights = batch.weights[0, 1:]
        total += float((weights * (0.25 * truth + 0.75 * 4 * distance)).sum())
        of += float(weights.sum())
    assert loss_of(objective).item() == pytest.approx(total / of, rel=1e-4)
    marks = objective.judge([objective.tutor(sample) for sample in SAMPLES])
    assert marks.loss / marks.of == pytest.approx(total / of, rel=1e-4)


def test_a_model_has_nothing_to_learn_from_itself(make: Make) -> None:
    assert loss_of(make(0, 0)).item() == pytest.approx(0.0, abs=1e-5)
    assert loss_of(make(0, 1)).item() > 0.01


def test_the_teacher_does_not_learn(make: Make) -> None:
    objective = make(0, 1)
    assert all(name.startswith("model.") for name, _ in learning(objective))
    loss_of(objective).backward()
    assert all(parameter.grad is None for name, parameter in objective.named_parameters() if "teacher" in name)


def test_models_of_other_words_do_not_understand_each_other(make: Make, tiny_config: NanoConfig) -> None:
    objective = make(0, 1)
    strangers = Tokenizer.train(["abc"] * 9, vocabulary=300, special=SPECIAL_TOKENS)
    tutor = BesideTutor(objective.assembler, Assembler(strangers, tiny_config.inputs))
    with pytest.raises(ConfigError, match="the teacher has other tokens for an answer of things"):
        tutor(SAMPLES[0])
