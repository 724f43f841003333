"""The network of Qwen-VL: rows of earlier layers go where they belong, batches are their singles, all is learnt."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from tests.models.qwen_vl.make_golden import prompts
from tests.models.qwen_vl.reference import KINDS
from tests.models.qwen_vl.test_golden import RECORDED

from sensorium.core.errors import SpanMismatch
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.qwen_vl.config import QwenVLConfig, read_config
from sensorium.models.qwen_vl.model import QwenVL, build

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)


def made(kind: str) -> tuple[QwenVL, ModelInputs, QwenVLConfig]:
    config = read_config(RECORDED[kind]["config"])
    torch.manual_seed(0)
    return build(config), prompts(config), config


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_gets_a_gradient(kind: str) -> None:
    model, inputs, _ = made(kind)
    scores = model.language.logits(model(inputs))
    (scores * torch.randn_like(scores)).sum().backward()
    assert [name for name, each in model.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_is_finite(kind: str) -> None:
    model, inputs, _ = made(kind)
    with torch.inference_mode():
        exact = model.prefill(inputs, model.new_cache(*inputs.ids.shape))
        model.bfloat16()
        rough = model.prefill(inputs, model.new_cache(*inputs.ids.shape))
    assert rough.dtype == torch.bfloat16
    torch.testing.assert_close(rough.float(), exact, atol=0.1, rtol=0.1)


def test_rows_that_are_there_are_not_made_again() -> None:
    model, inputs, config = made("qwen3_vl")
    with torch.inference_mode():
        ready = model.encode(inputs)
        assert {rows.shape[1] for batch in ready.media for rows in batch.rows} == {3 * config.language.width}
        expected = model(inputs)
        model.fusion.readers["image"].register_forward_hook(lambda *_: pytest.fail("rows were made again"))
        close(model(ready), expected)


def test_rows_of_earlier_layers_go_to_their_layers_and_placeholders_alone() -> None:
    """With blocks that do nothing and a norm that does nothing, hidden states are sums of what was put in."""
    model, inputs, config = made("qwen3_vl")
    width = config.language.width
    with torch.inference_mode():
        for block in model.language.blocks:
            for name, each in block.named_parameters():
                if name in ("attention.out.weight", "mlp.down.weight"):
                    each.zero_()
        model.language.norm = torch.nn.Identity()
        ready = model.encode(inputs)
        hidden = model(ready)
        places = torch.stack(inputs.places).any(dim=0)
        close(hidden[~places], model.language.embedding(inputs.ids)[~places])
        for batch, where in zip(ready.media, inputs.places, strict=True):
            levels = torch.cat(batch.rows).split(width, dim=-1)
            close(hidden[where], levels[0] + levels[1] + levels[2])
        seen: list[torch.Tensor] = []
        model.language.blocks[1].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        model(ready)
        first = torch.cat(ready.media[1].rows).split(width, dim=-1)
        close(seen[0][inputs.places[1]], first[0] + first[1])


def test_words_alone_need_no_tower() -> None:
    model, inputs, _ = made("qwen3_vl")
    words = replace(inputs, ids=inputs.ids.clamp(min=20), media=(), places=())
    model.fusion.readers["image"].register_forward_hook(lambda *_: pytest.fail("the tower was asked"))
    assert bool(torch.isfinite(model(words)).all())


def test_rows_and_placeholders_that_do_not_agree() -> None:
    model, inputs, _ = made("qwen3_vl")
    ready = model.encode(inputs)
    image = replace(ready.media[0], rows=(ready.media[0].rows[0][:-1], *ready.media[0].rows[1:]))
    with pytest.raises(SpanMismatch, match="image: sample 0 has"):
        model(replace(ready, media=(image, *ready.media[1:])))
