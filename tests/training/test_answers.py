"""Losses are cross-entropies of answers and of names."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from sensorium.chat.message import Message, assistant, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.data.sample import Region, Sample, Turn
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Talk
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.training.answers import Answers
from sensorium.training.lesson import Lesson, prepare_named
from sensorium.training.pupil import Pupil


@pytest.fixture
def assembler(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Assembler:
    return Assembler(tiny_tokenizer, tiny_config.inputs)


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (32, 48, 3), np.uint8))


def question(seed: int) -> Message:
    return user(picture(seed), f"What is {seed}?")


def learning(model: EarlyFusion, assembler: Assembler, naming: float | None = None) -> Answers:
    return Answers(Pupil("nano", model, model, assembler, lambda folder, module: None), naming)


def unnamed(talks: list[Talk]) -> list[Lesson]:
    return [Lesson(talk, ()) for talk in talks]


def test_the_loss_is_a_weighted_sum_over_answers(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    talks = [
        assembler.talk([question(0), assistant("a boot"), user("And?"), assistant("red")], ask=False, weights=[0.5, 2]),
        assembler.talk([question(1), assistant("7")], ask=False),
    ]
    expected = 0.0
    for talk in talks:
        scores = tiny_nano.language.logits(tiny_nano(assembler.batch([talk])))[0].detach()
        losses = F.cross_entropy(scores[:-1], torch.tensor(talk.ids[1:]), reduction="none")
        expected += float((losses * torch.tensor(talk.weights[1:])).sum())
    losses = learning(tiny_nano, assembler)(unnamed(talks))
    assert losses.answers.item() == pytest.approx(expected, rel=1e-4)


def test_what_the_user_says_is_not_learnt(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    talks = [assembler.talk([question(0)], ask=False)]
    losses = learning(tiny_nano, assembler)(unnamed(talks))
    assert (losses.answers.item(), losses.names.item()) == (0.0, 0.0)


SOUND = AudioClip(np.random.default_rng(9).normal(0, 0.1, 9000).astype(np.float32))
FILM = VideoClip(np.random.default_rng(8).integers(0, 256, (4, 32, 48, 3), np.uint8), np.arange(4) / 4, 1.0)
LEFT, LOW = Region(("boot", "red"), (0.0, 0.0, 0.5, 1.0)), Region(("4",), (0.0, 0.5, 1.0, 1.0))
SAMPLES = (
    Sample((picture(0),), (Turn("What?", "7", "name"), Turn("And?", "77", "name")), "things", (LEFT, LOW)),
    Sample((picture(1), SOUND, picture(2)), (Turn("Which?", "an ankle boot", "name"),), "things", (LOW,)),
    Sample((FILM, picture(3)), (Turn("Which?", "red", "name"),), "things", (LEFT,)),
)


def loss_of_names(model: EarlyFusion, assembler: Assembler, sample: Sample) -> float:
    """From the definition: each medium encoded alone, each name's tokens as likely, each name as important."""
    alone = [assembler.batch([assembler.talk([user(each)], ask=True)]).media[0] for each in sample.media]
    rows = [model.rows(each)[0].detach() for each in alone]
    losses = []
    for name in prepare_named(sample, assembler).names:
        pooled = torch.from_numpy(name.rows) @ rows[name.item]
        scores = model.language.embedding.weight.detach() @ (pooled / pooled.square().mean().sqrt())
        losses.append(-scores.log_softmax(dim=-1)[list(name.ids)].mean().item())
    return sum(losses) / len(losses)


@pytest.mark.parametrize("answered", [True, False])
def test_rows_are_to_name_what_they_show(tiny_nano: EarlyFusion, assembler: Assembler, answered: bool) -> None:
    lessons = [prepare_named(sample, assembler, answered=answered) for sample in SAMPLES]
    expected = [loss_of_names(tiny_nano, assembler, sample) for sample in SAMPLES]
    assert learning(tiny_nano, assembler)(lessons).names.item() == pytest.approx(sum(expected), rel=1e-3)


def test_media_of_which_nothing_is_told_name_nothing(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    lesson = prepare_named(Sample((picture(0),), (Turn("What?", "7", "name", weight=0.0),), "things"), assembler)
    losses = learning(tiny_nano, assembler)([lesson])
    assert (losses.answers.item(), losses.names.item()) == (0.0, 0.0)


def moved(objective: Answers) -> set[str]:
    """The parts whose weights have a gradient: two levels of their names."""
    named = objective.named_parameters()
    return {".".join(name.split(".")[:3]) for name, each in named if each.grad is not None and bool(each.grad.any())}


SEEING = {"model.readers.image", "model.language.embedding"}


def test_a_lesson_that_is_only_named_teaches_to_see_but_not_to_talk(
    tiny_nano: EarlyFusion, assembler: Assembler
) -> None:
    objective, lesson = learning(tiny_nano, assembler), prepare_named(SAMPLES[0], assembler, answered=False)
    losses = objective([lesson])
    assert losses.answers.item() == 0.0
    (losses.answers + losses.names).backward()
    assert moved(objective) == SEEING | {"namer.weight"}


def test_answers_teach_all_parts_but_the_namer(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    objective, lesson = learning(tiny_nano, assembler), prepare_named(SAMPLES[0], assembler)
    objective([lesson]).answers.backward()
    assert moved(objective) == SEEING | {"model.language.blocks", "model.language.norm"}
