"""The loss is the weighted cross-entropy of the answers; being right is what greedy decoding would say."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.assemble import Assembler, Talk
from sensorium.media.types import Image
from sensorium.models.nano.config import NanoConfig
from sensorium.models.nano.model import Nano
from sensorium.training.objective import Objective, answers_right


@pytest.fixture
def assembler(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Assembler:
    return Assembler(tiny_tokenizer, tiny_config.inputs)


def question(seed: int) -> Message:
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 48, 3), np.uint8)
    return user(Image(pixels), f"What is {seed}?")


def test_the_loss_is_a_weighted_sum_over_answers(tiny_nano: Nano, assembler: Assembler) -> None:
    talks = [
        assembler.talk([question(0), assistant("a boot"), user("And?"), assistant("red")], ask=False, weights=[0.5, 2]),
        assembler.talk([question(1), assistant("7")], ask=False),
    ]
    expected = 0.0
    for talk in talks:
        scores = tiny_nano.language.logits(tiny_nano(assembler.batch([talk])))[0].detach()
        losses = F.cross_entropy(scores[:-1], torch.tensor(talk.ids[1:]), reduction="none")
        expected += float((losses * torch.tensor(talk.weights[1:])).sum())
    losses = Objective(tiny_nano)(assembler.training_batch(talks))
    assert losses.answers.item() == pytest.approx(expected, rel=1e-4)


def test_what_the_user_says_is_not_learnt(tiny_nano: Nano, assembler: Assembler) -> None:
    batch = assembler.training_batch([assembler.talk([question(0)], ask=False)])
    losses = Objective(tiny_nano)(batch)
    assert (losses.answers.item(), losses.names.item()) == (0.0, 0.0)


def test_rows_are_to_name_the_tokens_of_their_answers(tiny_nano: Nano, assembler: Assembler) -> None:
    objective = Objective(tiny_nano)
    talks = [assembler.talk([question(0), assistant("7"), user("And?"), assistant("77")], ask=False)]
    batch = assembler.training_batch(talks)
    rows = tiny_nano.rows(batch.inputs.media[0])[0]
    scores = objective.namer(rows.mean(dim=0)).log_softmax(dim=-1)
    told = [assembler.tokenizer.special(END), *assembler.tokenizer.encode(Text("7"))]
    assert objective(batch).names.item() == pytest.approx(-scores[told].mean().item(), rel=1e-4)


def test_naming_moves_the_encoders_but_not_the_decoder(tiny_nano: Nano, assembler: Assembler) -> None:
    objective = Objective(tiny_nano)
    objective(assembler.training_batch([assembler.talk([question(0), assistant("7")], ask=False)])).names.backward()
    moved = {name.split(".")[0] for name, each in tiny_nano.named_parameters() if each.grad is not None}
    assert moved == {"encoders", "connectors"}


def said(model: Nano, assembler: Assembler, asked: Message, length: int) -> list[int]:
    """What greedy decoding answers, in so many tokens."""
    inputs = assembler.batch([assembler.talk([asked], ask=True)])
    steps = generate(model, inputs, Sampling(max_tokens=length), stop=-1)
    return [event.id for events in steps for event in events if event is not None]


def with_answer(assembler: Assembler, asked: Message, answer: list[int]) -> Talk:
    talk = assembler.talk([asked], ask=True)
    return Talk(talk.ids + answer, talk.items, [0.0] * len(talk.ids) + [1.0] * len(answer))


def test_right_is_what_greedy_decoding_says(tiny_nano: Nano, assembler: Assembler) -> None:
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
