"""The key map covers every tensor of every kind, there and back, under the names that all tools read."""

import pytest
import torch
from torch import Tensor

from sensorium.core.errors import CheckpointError
from sensorium.language.config import AttentionConfig, DecoderConfig, NormConfig, build_decoder
from sensorium.models.text.rules import rules
from sensorium.weights.keymap import KeyMap

HEADS = AttentionConfig(heads=4, kv_heads=2, head_width=6)
PLAIN = DecoderConfig(vocabulary=30, width=16, layers=2, hidden=20, attention=HEADS)
RICH = DecoderConfig(
    vocabulary=30,
    width=16,
    layers=2,
    hidden=20,
    attention=AttentionConfig(4, 2, 6, bias=True, out_bias=True, qk_norm=True),
    norm=NormConfig(post=True),
    tied=False,
)


def tensors(config: DecoderConfig) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {name: torch.randn_like(value) for name, value in build_decoder(config).state_dict().items()}


def read(table: KeyMap, theirs: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    return {
        ours: torch.cat([theirs[each] for each in step.sources]) for ours, step in table.read(theirs, names).items()
    }


@pytest.mark.parametrize("config", [PLAIN, RICH], ids=["plain", "rich"])
def test_there_and_back(config: DecoderConfig) -> None:
    ours = tensors(config)
    back = read(rules(config), rules(config).write(ours), list(ours))
    assert back.keys() == ours.keys()
    assert all(torch.equal(back[name], value) for name, value in ours.items())


def test_names_and_shapes_are_those_of_the_reference() -> None:
    layer = {
        name: tuple(each.shape) for name, each in rules(PLAIN).write(tensors(PLAIN)).items() if "layers.1." in name
    }
    assert layer == {
        "model.layers.1.self_attn.q_proj.weight": (24, 16),
        "model.layers.1.self_attn.k_proj.weight": (12, 16),
        "model.layers.1.self_attn.v_proj.weight": (12, 16),
        "model.layers.1.self_attn.o_proj.weight": (16, 24),
        "model.layers.1.mlp.gate_proj.weight": (20, 16),
        "model.layers.1.mlp.up_proj.weight": (20, 16),
        "model.layers.1.mlp.down_proj.weight": (16, 20),
        "model.layers.1.input_layernorm.weight": (16,),
        "model.layers.1.post_attention_layernorm.weight": (16,),
    }


def test_the_norm_after_attention_is_another_one_where_blocks_have_four() -> None:
    plain, rich = tensors(PLAIN), tensors(RICH)
    name = "model.layers.0.post_attention_layernorm.weight"
    assert torch.equal(rules(PLAIN).write(plain)[name], plain["blocks.0.mlp_norm.weight"])
    assert torch.equal(rules(RICH).write(rich)[name], rich["blocks.0.attention_post_norm.weight"])


def test_a_tied_head_is_not_written_and_may_be_there_or_not() -> None:
    table, ours = rules(PLAIN), tensors(PLAIN)
    theirs = table.write(ours)
    assert "lm_head.weight" not in theirs
    twice = table.read([*theirs, "lm_head.weight"], list(ours))
    assert twice["embedding.weight"].sources == ("model.embed_tokens.weight",)


def test_a_checkpoint_of_the_decoder_alone_and_old_leftovers_are_read() -> None:
    table, ours = rules(PLAIN), tensors(PLAIN)
    bare = {name.removeprefix("model."): value for name, value in table.write(ours).items()}
    assert read(table, bare, list(ours)).keys() == ours.keys()
    old = [*table.write(ours), "model.layers.0.self_attn.rotary_emb.inv_freq"]
    assert table.match(old, list(ours)).dropped == ("model.layers.0.self_attn.rotary_emb.inv_freq",)


def test_a_bias_that_the_config_does_not_have_is_named() -> None:
    names = [*rules(PLAIN).write(tensors(PLAIN)), "model.layers.0.self_attn.q_proj.bias"]
    with pytest.raises(CheckpointError, match=r"model\.layers\.0\.self_attn\.q_proj\.bias is not a part"):
        rules(PLAIN).read(names)
