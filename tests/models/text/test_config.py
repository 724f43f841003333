"""The config.json of open language models: both forms of rotary positions, defaults, and keys that are refused."""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from sensorium.core.errors import ConfigError
from sensorium.language.config import AttentionConfig, DecoderConfig, NormConfig, RotaryConfig, StretchConfig
from sensorium.models.text.config import read_config, read_context

SMOLLM2 = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "hidden_act": "silu",
    "hidden_size": 576,
    "initializer_range": 0.041666666666666664,
    "intermediate_size": 1536,
    "is_llama_config": True,
    "max_position_embeddings": 8192,
    "mlp_bias": False,
    "model_type": "llama",
    "num_attention_heads": 9,
    "num_hidden_layers": 30,
    "num_key_value_heads": 3,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "rope_interleaved": False,
    "rope_scaling": None,
    "rope_theta": 100000,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.42.3",
    "use_cache": True,
    "vocab_size": 49152,
}


def read(model_type: str, **keys: Any) -> DecoderConfig:
    return read_config({"model_type": model_type, **keys})


def test_the_whole_file_of_smollm2() -> None:
    assert read_config(SMOLLM2) == DecoderConfig(
        vocabulary=49152,
        width=576,
        layers=30,
        hidden=1536,
        attention=AttentionConfig(9, 3, 64),
        norm=NormConfig(eps=1e-5),
        rotary=RotaryConfig(100_000.0),
        tied=True,
    )


def test_a_text_config_leaves_out_what_the_reference_has_by_default() -> None:
    vicuna = read("llama", max_position_embeddings=4096, rms_norm_eps=1e-5, torch_dtype="float16", vocab_size=32064)
    assert (vicuna.width, vicuna.layers, vicuna.hidden, vicuna.vocabulary) == (4096, 32, 11008, 32064)
    assert vicuna.attention == AttentionConfig(32, 32, 128)
    assert not vicuna.tied
    gemma = read("gemma3_text", hidden_size=2560, intermediate_size=10240, num_hidden_layers=34, sliding_window=1024)
    assert (gemma.vocabulary, gemma.attention.heads, gemma.attention.kv_heads) == (262208, 8, 4)


LINEAR = {"rope_type": "linear", "factor": 8.0}
LLAMA3 = {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
STRETCHED = RotaryConfig(5e5, stretch=StretchConfig(32.0, 1.0, 4.0, 8192))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, RotaryConfig(1e4)),
        ({"rope_theta": 5e5}, RotaryConfig(5e5)),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, RotaryConfig(5e5)),
        ({"rope_theta": 5e5, "rope_parameters": {"rope_type": "default"}}, RotaryConfig(5e5)),
        ({"rope_theta": 5e5, "rope_scaling": {"type": "linear", "factor": 8.0}}, RotaryConfig(5e5, 8.0)),
        ({"rope_parameters": LINEAR | {"rope_theta": 5e5, "partial_rotary_factor": None}}, RotaryConfig(5e5, 8.0)),
        ({"rope_theta": 5e5, "rope_scaling": LLAMA3 | {"original_max_position_embeddings": 8192}}, STRETCHED),
        ({"rope_theta": 5e5, "rope_scaling": LLAMA3, "max_position_embeddings": 8192}, STRETCHED),
        ({"rope_parameters": LLAMA3 | {"rope_theta": 5e5, "original_max_position_embeddings": 8192}}, STRETCHED),
    ],
)
def test_rotary_positions_in_both_forms(keys: Mapping[str, Any], expected: RotaryConfig) -> None:
    config = read("llama", **keys)
    assert (config.rotary, config.local_rotary) == (expected, None)


@pytest.mark.parametrize(
    ("keys", "far", "near"),
    [
        ({}, RotaryConfig(1e6), RotaryConfig(1e4)),
        ({"rope_theta": 2e6, "rope_local_base_freq": 3e4, "rope_scaling": LINEAR}, (2e6, 8.0), (3e4, 1.0)),
        ({"rope_parameters": {"full_attention": LINEAR, "sliding_attention": {"rope_theta": 7}}}, (1e6, 8.0), (7.0, 1)),
    ],
)
def test_gemma_3_turns_near_and_far_layers_differently(keys: Mapping[str, Any], far: Any, near: Any) -> None:
    config = read("gemma3_text", **keys)
    assert config.rotary == (far if isinstance(far, RotaryConfig) else RotaryConfig(*far))
    assert config.local_rotary == (near if isinstance(near, RotaryConfig) else RotaryConfig(*near))


FULL, NEAR = "full_attention", "sliding_attention"


@pytest.mark.parametrize(
    ("model_type", "keys", "expected"),
    [
        ("llama", {}, ()),
        ("mistral", {}, (4096,) * 4),
        ("mistral", {"sliding_window": None}, ()),
        ("mistral", {"sliding_window": 7}, (7,) * 4),
        ("qwen2", {"sliding_window": 7, "max_window_layers": 0}, ()),
        ("qwen2", {"sliding_window": 7, "max_window_layers": 3, "use_sliding_window": True}, (None, None, None, 7)),
        ("qwen2", {"sliding_window": 7, "max_window_layers": 9, "use_sliding_window": True}, ()),
        ("qwen3", {"use_sliding_window": True, "layer_types": [FULL, NEAR, FULL, NEAR]}, (None, 4096, None, 4096)),
        ("gemma", {}, ()),
        ("gemma2", {"sliding_window": 7}, (7, None, 7, None)),
        ("gemma2", {"sliding_window": 7, "layer_types": [FULL, FULL, FULL, NEAR]}, (None, None, None, 7)),
        ("gemma3_text", {"sliding_window": 7, "sliding_window_pattern": 3}, (7, 7, None, 7)),
        ("gemma3_text", {"sliding_window": 7}, (7, 7, 7, 7)),
    ],
)
def test_windows(model_type: str, keys: Mapping[str, Any], expected: tuple[int | None, ...]) -> None:
    assert read(model_type, num_hidden_layers=4, **keys).windows == expected


def test_what_sets_the_families_apart() -> None:
    assert read("qwen2").attention.bias
    assert not read("qwen2").attention.out_bias
    assert read("llama", attention_bias=True).attention.out_bias
    assert read("qwen3", num_attention_heads=16, num_key_value_heads=8, hidden_size=1024).attention.head_width == 128
    assert read("qwen3").attention.qk_norm
    gemma, gemma2 = read("gemma", hidden_size=2048, hidden_act="gelu"), read("gemma2", query_pre_attn_scalar=224)
    assert (gemma.activation, gemma.norm.kind, gemma.norm.post) == ("gelu_pytorch_tanh", "centred", False)
    assert gemma.embedding_scale == pytest.approx(math.sqrt(2048))
    assert gemma.tied
    assert (gemma2.norm.post, gemma2.attention.cap, gemma2.logit_cap) == (True, 50.0, 30.0)
    assert gemma2.attention.scale == pytest.approx(224**-0.5)
    assert not read("gemma2").attention.qk_norm
    assert read("gemma3_text").attention.qk_norm


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"model_type": "lama"}, "model_type is 'lama'; expected one of: llama, .*Did you mean 'llama'"),
        ({"model_type": None}, "model_type is None"),
        ({"mlp_bias": True}, "mlp_bias is True, which changes what the model computes"),
        ({"quantization_config": {"bits": 4}}, r"quantization_config is \{'bits': 4\}, which changes"),
        ({"hiden_size": 64}, "hiden_size is 64.*Did you mean 'hidden_size'"),
        ({"hidden_size": "64"}, r"config\.json: hidden_size: got '64' \(str\), expected int"),
        ({"rope_scaling": {"type": "yarn", "factor": 4.0}}, "of type 'yarn'; expected default, linear or llama3"),
        ({"rope_scaling": {"type": "linear"}}, "of type 'linear' have no factor"),
        ({"rope_parameters": {"mrope_section": [1, 1, 2]}}, "rope_parameters: unknown key 'mrope_section'"),
        ({"rope_parameters": {"partial_rotary_factor": 0.5}}, r"partial_rotary_factor is 0\.5; expected 1"),
        ({"num_key_value_heads": 5}, "32 heads cannot share 5 key/value heads"),
        ({"num_attention_heads": 0}, "0 heads cannot share"),
        ({"model_type": "gemma2", "query_pre_attn_scalar": 0}, r"query_pre_attn_scalar is 0\.0; expected a positive"),
        ({"model_type": "qwen2", "layer_types": ["sliding_attention"]}, "but there is no sliding window"),
        ({"model_type": "qwen2", "layer_types": ["chunked_attention"]}, r"layer_types\[0\]: got 'chunked_attention'"),
        (
            {"model_type": "gemma2", "num_hidden_layers": 2, "layer_types": [NEAR]},
            "windows for 1 layers, but 2 layers",
        ),
        ({"model_type": "gemma3_text", "sliding_window_pattern": 0}, "sliding_window_pattern is 0; expected at least"),
        ({"model_type": "gemma3_text", "attn_logit_softcapping": 50.0}, "expected null, since Gemma 3 caps no"),
        ({"model_type": "gemma3_text", "use_bidirectional_attention": True}, "use_bidirectional_attention is True"),
    ],
)
def test_configs_that_are_refused(keys: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_config({"model_type": "llama", **keys})


def test_keys_that_are_off_or_private_are_let_through() -> None:
    noted = read("llama", _name_or_path="x", _commit_hash="y", use_mrope=False, some_new_option=None)
    assert noted == read("llama")


@pytest.mark.parametrize(
    ("keys", "context"), [({}, 2048), ({"max_position_embeddings": None}, 2048), ({"max_position_embeddings": 99}, 99)]
)
def test_how_many_tokens_a_model_takes(keys: Mapping[str, Any], context: int) -> None:
    assert read_context({"model_type": "llama", **keys}) == context
    with pytest.raises(ConfigError, match="max_position_embeddings: got 'many'"):
        read_context({"model_type": "llama", "max_position_embeddings": "many"})
