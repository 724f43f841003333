"""A description gives the decoder that it describes; one that contradicts itself is refused with its numbers."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import ConfigError
from sensorium.language.config import (
    AttentionConfig,
    DecoderConfig,
    NormConfig,
    RotaryConfig,
    StretchConfig,
    build_decoder,
)
from sensorium.nn.attention import Scoring
from sensorium.nn.block import Block

HEADS = AttentionConfig(heads=4, kv_heads=2, head_width=6)
PLAIN = DecoderConfig(vocabulary=30, width=16, layers=2, hidden=20, attention=HEADS)
RICH = replace(
    PLAIN,
    attention=replace(HEADS, bias=True, out_bias=True, qk_norm=True, scale=0.3, cap=5.0),
    activation="gelu_pytorch_tanh",
    norm=NormConfig("centred", 1e-5, post=True),
    rotary=RotaryConfig(1e6, 8.0, StretchConfig(8.0, 1.0, 4.0, 16)),
    local_rotary=RotaryConfig(),
    windows=(3, None),
    embedding_scale=4.0,
    tied=False,
    logit_cap=3.0,
)


@pytest.mark.parametrize("config", [PLAIN, RICH])
def test_there_and_back_as_plain_data(config: DecoderConfig) -> None:
    assert from_dict(DecoderConfig, to_dict(config), where="config") == config


def test_the_parts_are_those_described() -> None:
    plain, rich = ({name: tuple(p.shape) for name, p in build_decoder(c).named_parameters()} for c in (PLAIN, RICH))
    assert plain == {
        "embedding.weight": (30, 16),
        "norm.weight": (16,),
        **{
            f"blocks.{layer}.{name}": shape
            for layer in range(2)
            for name, shape in {
                "attention.qkv.weight": (48, 16),
                "attention.out.weight": (16, 24),
                "mlp.gate_up.weight": (40, 16),
                "mlp.down.weight": (16, 20),
                "attention_norm.weight": (16,),
                "mlp_norm.weight": (16,),
            }.items()
        },
    }
    more = {
        "attention.qkv.bias": (48,),
        "attention.out.bias": (16,),
        "attention.q_norm.weight": (6,),
        "attention.k_norm.weight": (6,),
        "attention_post_norm.weight": (16,),
        "mlp_post_norm.weight": (16,),
    }
    assert rich == plain | {"head.weight": (30, 16)} | {
        f"blocks.{layer}.{name}": shape for layer in range(2) for name, shape in more.items()
    }
    block = build_decoder(RICH).blocks[0]
    assert isinstance(block, Block)
    assert block.attention.scoring == Scoring(scale=0.3, cap=5.0)


@pytest.mark.parametrize("config", [PLAIN, RICH])
def test_every_parameter_gets_a_gradient(config: DecoderConfig) -> None:
    torch.manual_seed(0)
    decoder = build_decoder(config)
    scores = decoder.logits(decoder(decoder.embedding(torch.arange(6).unsqueeze(0)), torch.arange(6).unsqueeze(0)))
    (scores * torch.randn_like(scores)).sum().backward()
    assert [name for name, each in decoder.named_parameters() if each.grad is None or not each.grad.any()] == []


@pytest.mark.parametrize("name", ["vocabulary", "width", "layers", "hidden"])
def test_sizes_below_one(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is 0; expected 1 to"):
        from_dict(DecoderConfig, to_dict(PLAIN) | {name: 0}, where="config")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: replace(PLAIN, windows=(3,)), "windows for 1 layers, but 2 layers"),
        (lambda: replace(PLAIN, windows=(None, 0)), "a window of 0 tokens; expected at least 1"),
        (lambda: AttentionConfig(4, 3, 6), "4 heads cannot share 3 key/value heads"),
        (lambda: AttentionConfig(4, 0, 6), "4 heads cannot share 0 key/value heads"),
        (lambda: replace(PLAIN, logit_cap=0.0), r"logit_cap is 0\.0; expected a positive number"),
        (lambda: replace(HEADS, cap=-1.0), r"attention: cap is -1\.0; expected a positive number"),
        (lambda: replace(HEADS, scale=0.0), r"attention: scale is 0\.0; expected a positive number"),
        (lambda: AttentionConfig(4, 2, 5), "the head width is 5; expected an even number"),
        (lambda: RotaryConfig(base=0.0), r"base 0\.0 and factor 1\.0; expected positive"),
        (lambda: StretchConfig(8.0, 4.0, 4.0, 16), r"slow 4\.0, fast 4\.0, .* slow below fast"),
    ],
)
def test_contradictions(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


def test_layers_with_a_window_turn_by_their_own_base() -> None:
    x, places = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(0)), torch.arange(6).unsqueeze(0)
    torch.manual_seed(0)
    both = build_decoder(replace(PLAIN, windows=(9, 9), local_rotary=RotaryConfig(base=7.0)))
    torch.manual_seed(0)
    local = build_decoder(replace(PLAIN, rotary=RotaryConfig(base=7.0)))
    torch.testing.assert_close(both(x, places), local(x, places))


def test_a_rotary_of_several_axes_takes_the_place_of_the_described_one() -> None:
    given = []

    def turns(positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        given.append(tuple(positions.shape))
        return torch.ones(1, 6, 3), torch.zeros(1, 6, 3)

    decoder = build_decoder(replace(PLAIN, windows=(3, None), local_rotary=RotaryConfig()), rotary=turns)
    decoder(torch.randn(1, 6, 16), torch.zeros(1, 6, 3))
    assert given == [(1, 6, 3)]
