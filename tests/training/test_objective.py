"""Being right is what greedy decoding would say; parts are of like length."""

import numpy as np
import pytest

from sensorium.chat.message import Message, user
from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Talk
from sensorium.media.types import Image
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.training.lesson import Lesson
from sensorium.training.objective import PARTS, answers_right, by_length, predict


@pytest.fixture
def assembler(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Assembler:
    return Assembler(tiny_tokenizer, tiny_config.inputs)


def question(seed: int) -> Message:
    picture = Image(np.random.default_rng(seed).integers(0, 256, (32, 48, 3), np.uint8))
    return user(picture, f"What is {seed}?")


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
    assert answers_right(predict(tiny_nano, assembler.training_batch(talks)), len(talks)).tolist() == expected
    assert {True, False} == set(expected)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_parts_are_of_like_length(count: int) -> None:
    lengths = [500, 100, 400, 200, 700, 300, 600][:count]
    parts = by_length([Lesson(Talk([0] * length, [], [])) for length in lengths])
    assert [len(lesson.talk.ids) for part in parts for lesson in part] == sorted(lengths)
    assert len(parts) == (0 if count == 0 else min(count, PARTS))


def test_talks_of_one_length_are_one_part() -> None:
    assert len(by_length([Lesson(Talk([0] * 90, [], []))] * 6)) == 1
    assert [len(part) for part in by_length([Lesson(Talk([0] * n, [], [])) for n in (9, 9, 9, 400)])] == [2, 2]
