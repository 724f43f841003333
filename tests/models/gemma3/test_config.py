"""Configs of Gemma 3 as they stand on the Hub, and those that cannot be followed."""

from typing import Any

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.gemma3.config import read_config

FOUR_B: dict[str, Any] = {
    "architectures": ["Gemma3ForConditionalGeneration"],
    "boi_token_index": 255999,
    "eoi_token_index": 256000,
    "eos_token_id": [1, 106],
    "image_token_index": 262144,
    "initializer_range": 0.02,
    "mm_tokens_per_image": 256,
    "model_type": "gemma3",
    "text_config": {
        "hidden_size": 2560,
        "intermediate_size": 10240,
        "model_type": "gemma3_text",
        "num_hidden_layers": 34,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "sliding_window": 1024,
    },
    "torch_dtype": "bfloat16",
    "vision_config": {
        "hidden_size": 1152,
        "image_size": 896,
        "intermediate_size": 4304,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 27,
        "patch_size": 14,
        "vision_use_head": False,
    },
}


def test_as_published() -> None:
    config = read_config(FOUR_B)
    assert (config.rows, config.side, config.pool, config.image_token, config.context) == (256, 64, 4, 262144, 131072)
    assert config.language.windows[:7] == (1024, 1024, 1024, 1024, 1024, None, 1024)
    assert (config.language.vocabulary, config.language.tied, config.language.rotary.factor) == (262208, True, 8.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gemma3_text"}, r"x\.json: model_type is 'gemma3_text'; expected gemma3.*4B and larger"),
        ({"mm_tokens_per_image": 200}, "mm_tokens_per_image is 200; expected a square of rows .* 64x64 patches"),
        ({"mm_tokens_per_image": 9}, "mm_tokens_per_image is 9"),
        ({"mm_tokens_per_image": 0}, "mm_tokens_per_image is 0"),
        ({"text_config": {"sliding_window": 255}}, "sliding_window is 255; expected at least the 256 rows"),
        ({"text_config": {"use_bidirectional_attention": True}}, "use_bidirectional_attention"),
        ({"text_config": {"model_type": "gemma2"}}, "text_config: model_type is 'gemma2'; expected gemma3_text"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
    ],
)
def test_configs_that_cannot_be_followed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config({**FOUR_B, **change}, "x.json")
