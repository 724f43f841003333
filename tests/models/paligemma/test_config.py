"""Configs of PaliGemma as they stand on the Hub, and those that cannot be followed."""

from typing import Any

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.paligemma.config import read_config

ONE: dict[str, Any] = {
    "_vocab_size": 257152,
    "architectures": ["PaliGemmaForConditionalGeneration"],
    "bos_token_id": 2,
    "eos_token_id": 1,
    "hidden_size": 2048,
    "ignore_index": -100,
    "image_token_index": 257152,
    "model_type": "paligemma",
    "pad_token_id": 0,
    "projection_dim": 2048,
    "text_config": {
        "hidden_size": 2048,
        "intermediate_size": 16384,
        "model_type": "gemma",
        "num_attention_heads": 8,
        "num_hidden_layers": 18,
        "num_image_tokens": 256,
        "num_key_value_heads": 1,
        "torch_dtype": "float32",
        "vocab_size": 257216,
    },
    "torch_dtype": "float32",
    "vision_config": {
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 27,
        "num_image_tokens": 256,
        "patch_size": 14,
        "projection_dim": 2048,
        "projector_hidden_act": "gelu_fast",
        "vision_use_head": False,
    },
}
TWO: dict[str, Any] = {
    **ONE,
    "projection_dim": 2304,
    "text_config": {
        "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "model_type": "gemma2",
        "num_hidden_layers": 26,
        "num_image_tokens": 1024,
        "query_pre_attn_scalar": 256,
        "sliding_window": 4096,
        "vocab_size": 257216,
    },
    "vision_config": {**ONE["vision_config"], "image_size": 448},
}


def test_the_first_as_published() -> None:
    config = read_config(ONE)
    assert (config.rows, config.image_token, config.context) == (256, 257152, 8192)
    assert (config.language.tied, config.language.windows, config.language.logit_cap) == (True, (), None)


def test_the_second_as_published() -> None:
    config = read_config(TWO)
    assert (config.rows, config.language.logit_cap, config.language.attention.cap) == (1024, 30.0, 50.0)
    assert config.language.windows[:2] == (4096, None)


def test_what_is_left_out_is_as_in_the_reference() -> None:
    config = read_config({"model_type": "paligemma", "image_token_id": 7})
    assert (config.rows, config.image_token, config.vision.num_hidden_layers) == (256, 7, 27)
    assert (config.language.width, config.language.layers, config.language.vocabulary) == (2048, 18, 257152)


def test_what_the_reference_writes_for_itself() -> None:
    text = {**ONE["text_config"], "use_bidirectional_attention": True}
    assert read_config({**ONE, "text_config": text}) == read_config(ONE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gemma3"}, r"x\.json: model_type is 'gemma3'; expected paligemma"),
        ({"text_config": {"model_type": "llama"}}, "text_config: model_type is 'llama'; expected gemma or gemma2"),
        ({"text_config": {"use_bidirectional_attention": False}}, "use_bidirectional_attention is false"),
        ({"text_config": {"num_experts": 4}}, "num_experts"),
        ({"text_config": [1]}, r"text_config is \[1\]; expected a table"),
        ({"vision_config": {"model_type": "clip_vision_model"}}, "vision_config: model_type is 'clip_vision_model'"),
        ({"vision_config": {"patch_size": 300}}, "patches of 300 pixels do not fit into pictures of 224"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
    ],
)
def test_configs_that_cannot_be_followed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config({**ONE, **change}, "x.json")
