"""Losses are cross-entropies of answers and of names; being right is what greedy decoding would say."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from sensorium.chat.message import Message, assistant, user
from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.data.sample import Region, Sample, Turn
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Talk
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.training.lesson import Lesson, prepare
from sensorium.training.objective import Objective, answers_right


@pytest.fixture
def assembler(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Assembler:
    return Assembler(tiny_tokenizer, tiny_config.inputs)


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (32, 48, 3), np.uint8))


def question(seed: int) -> Message:
    return user(picture(seed), f"What is {seed}?")


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
    losses = Objective(tiny_nano)(assembler.training_batch(talks), unnamed(talks))
    assert losses.answers.item() == pytest.approx(expected, rel=1e-4)


def test_what_the_user_says_is_not_learnt(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    talks = [assembler.talk([question(0)], ask=False)]
    losses = Objective(tiny_nano)(assembler.training_batch(talks), unnamed(talks))
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
    for name in prepare(sample, assembler).names:
        pooled = torch.from_numpy(name.rows) @ rows[name.item]
        scores = model.language.embedding.weight.detach() @ (pooled / pooled.square().mean().sqrt())
        losses.append(-scores.log_softmax(dim=-1)[list(name.ids)].mean().item())
    return sum(losses) / len(losses)


@pytest.mark.parametrize("answered", [True, False])
def test_rows_are_to_name_what_they_show(tiny_nano: EarlyFusion, assembler: Assembler, answered: bool) -> None:
    lessons = [prepare(sample, assembler, answered=answered) for sample in SAMPLES]
    batch = assembler.training_batch([lesson.talk for lesson in lessons])
    expected = [loss_of_names(tiny_nano, assembler, sample) for sample in SAMPLES]
    assert Objective(tiny_nano)(batch, lessons).names.item() == pytest.approx(sum(expected), rel=1e-3)


def test_media_of_which_nothing_is_told_name_nothing(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    lesson = prepare(Sample((picture(0),), (Turn("What?", "7", "name", weight=0.0),), "things"), assembler)
    losses = Objective(tiny_nano)(assembler.training_batch([lesson.talk]), [lesson])
    assert (losses.answers.item(), losses.names.item()) == (0.0, 0.0)


def moved(objective: Objective) -> set[str]:
    """The parts whose weights have a gradient: two levels of their names."""
    named = objective.named_parameters()
    return {".".join(name.split(".")[:3]) for name, each in named if each.grad is not None and bool(each.grad.any())}


SEEING = {"model.readers.image", "model.language.embedding"}


def test_a_lesson_that_is_only_named_teaches_to_see_but_not_to_talk(
    tiny_nano: EarlyFusion, assembler: Assembler
) -> None:
    objective, lesson = Objective(tiny_nano), prepare(SAMPLES[0], assembler, answered=False)
    losses = objective(assembler.training_batch([lesson.talk]), [lesson])
    assert losses.answers.item() == 0.0
    (losses.answers + losses.names).backward()
    assert moved(objective) == SEEING | {"namer.weight"}


def test_answers_teach_all_parts_but_the_namer(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    objective, lesson = Objective(tiny_nano), prepare(SAMPLES[0], assembler)
    objective(assembler.training_batch([lesson.talk]), [lesson]).answers.backward()
    assert moved(objective) == SEEING | {"model.language.blocks", "model.language.norm"}


def said(model: EarlyFusion, assembler: Assembler, asked: Message, length: int) -> list[int]:
    """What greedy decoding answers, in so many tokens."""
    inputs = assembler.batch([assembler.talk([asked], ask=True)])
    steps = generate(model, inputs, Sampling(max_tokens=length), stops=())
    return [event.id for events in steps for event in events if event is not None]


def with_answer(assembler: Assembler, asked: Message, answer: list[int]) -> Talk:
    talk = assembler.talk([asked], ask=True)
    return Talk(talk.ids + answer, talk.items, [0.0] * len(talk.ids) + [1.0] * len(answer))


def test_right_is_what_greedy_decoding_says(tiny_nano: EarlyFusion, assembler: Assembler) -> None:
    rng = np.random.default_rng(0)
    talks, expected = [], []
    for seed in range(12):
        answer = said(tiny_nano, assembler, question(seed), length=1 + seed % 5)
        if seed % 3 == 0:  # one token of the answer is another
            answer[rng.integers(len(answer))] = assembler.tokenizer.special(END)
        talks.append(with_answer(assembler, question(seed), answer))
        expected.append(answer == said(tiny_nano, assembler, question(seed), length=len(answer)))
    assert answers_right(tiny_nano, assembler.training_batch(talks)).tolist() == expected
    assert {True, False} == set(expected)
