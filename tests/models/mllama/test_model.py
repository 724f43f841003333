"""The network alone: text without pictures, pictures that do not fit, foreign caches, gradients."""

from dataclasses import replace

import pytest
import torch
from tests.models.mllama.make_golden import config_of, prompts

from sensorium.core.errors import EngineError, SpanMismatch
from sensorium.inputs.carrier import Span
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.model import Mllama, build
from sensorium.nn.gate import TanhGate


@pytest.fixture
def model() -> Mllama:
    torch.manual_seed(0)
    made = build(read_config(config_of("four")))
    for each in made.modules():
        if isinstance(each, TanhGate):
            torch.nn.init.constant_(each.weight, 0.6)
    return made


def test_text_alone_passes_by_the_blocks_that_look(model: Mllama) -> None:
    inputs = prompts("four")
    for block in model.middle.blocks:
        block.register_forward_hook(lambda *_: pytest.fail("a block looked, but there was nothing"))
    with torch.inference_mode():
        model(replace(inputs, media=(), places=()))


def test_shut_gates_leave_the_text_as_it_is_without_pictures() -> None:
    model, inputs = build(read_config(config_of("four"))), prompts("four")
    with torch.inference_mode():
        assert torch.equal(model(inputs), model(replace(inputs, media=(), places=())))


def test_rows_that_are_made_already_are_taken(model: Mllama) -> None:
    inputs = prompts("four")
    with torch.inference_mode():
        encoded = model.encode(inputs)
        assert [len(rows) for rows in encoded.media[0].rows] == [4 * 17, 17, 3 * 17, 4 * 17]
        model.reader.register_forward_hook(lambda *_: pytest.fail("pictures were read again"))
        assert model(encoded).shape == (*inputs.ids.shape, 48)


def test_gradients_reach_everything(model: Mllama) -> None:
    model.language.logits(model(prompts("four"))).logsumexp(-1).sum().backward()
    assert [name for name, each in model.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def test_tokens_and_pictures_that_do_not_agree_are_refused(model: Mllama) -> None:
    inputs = prompts("four")
    foreign = replace(inputs.media[0], spans=(*inputs.media[0].spans[:-1], Span(0, 1)))
    with pytest.raises(SpanMismatch, match=r"image: tokens stand for items of texts \[0, 1, 1, 1\], but there are"):
        model(replace(inputs, media=(foreign,)))


def test_the_cache_of_another_model_is_refused(model: Mllama) -> None:
    inputs = prompts("four")
    cache = model.language.new_cache(*inputs.ids.shape)
    with pytest.raises(EngineError, match=r"got a KVCache; expected the CrossCache"):
        model.prefill(inputs, cache)
