"""Many questions at once are answered as one by one."""

import math

import numpy as np
import pytest
import torch

from sensorium.chat.message import user
from sensorium.chat.template import END, PLACEHOLDER
from sensorium.chat.tokenizer import Tokenizer
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.media.types import Image
from sensorium.models.early import EarlyFusion
from sensorium.runtime.batch import answer_many
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import Parts


def test_a_batch_is_its_questions_alone(tiny_parts: Parts) -> None:
    image = Image(np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8))
    talks = [[user(image, "What is this?")], [user("Hello")], [user(image, image, "Which?")]]
    replies = answer_many(tiny_parts, talks, max_tokens=6)
    for (message,), reply in zip(talks, replies, strict=True):
        assert reply.text == LocalModel(tiny_parts).ask(message.text, *message.media, max_tokens=6).text
        model = tiny_parts.model
        prompt = model.assembler.batch([model.assembler.talk([message], ask=True)])
        steps = generate(model.network, prompt, Sampling(max_tokens=6), stops=(), banned=model.banned)
        log_probs = [event.log_prob for events in steps for event in events if event is not None]
        assert reply.kind == ("image" if message.media else "text")
        assert reply.probability == pytest.approx(math.exp(sum(log_probs)), rel=1e-2)


def test_special_tokens_are_never_written(tiny_parts: Parts, tiny_nano: EarlyFusion, tiny_tokenizer: Tokenizer) -> None:
    """Though this network likes nothing better than to show a picture of its own."""
    banned = tiny_parts.model.banned
    assert tiny_tokenizer.special(PLACEHOLDER["image"]) in banned
    assert tiny_tokenizer.special(END) not in banned
    with torch.no_grad():
        tiny_nano.language.embedding.weight[list(banned)] *= 50.0
    (reply,) = answer_many(tiny_parts, [[user("Hello")]], max_tokens=8)
    answer = LocalModel(tiny_parts).ask("Hello", max_tokens=8)
    assert reply.text == answer.text != ""
