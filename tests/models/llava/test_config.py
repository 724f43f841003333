"""Configs of LLaVA as they stand on the Hub, and those that cannot be followed."""

from typing import Any

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.clip.config import ClipVisionConfig
from sensorium.models.llava.config import PINPOINTS, read_config

SEVEN_B: dict[str, Any] = {
    "architectures": ["LlavaForConditionalGeneration"],
    "ignore_index": -100,
    "image_token_index": 32000,
    "model_type": "llava",
    "pad_token_id": 32001,
    "projector_hidden_act": "gelu",
    "text_config": {"max_position_embeddings": 4096, "model_type": "llama", "rms_norm_eps": 1e-5, "vocab_size": 32064},
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "vision_config": {
        "hidden_size": 1024,
        "image_size": 336,
        "intermediate_size": 4096,
        "model_type": "clip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "patch_size": 14,
        "projection_dim": 768,
        "vocab_size": 32000,
    },
    "vision_feature_layer": -2,
    "vision_feature_select_strategy": "default",
    "vocab_size": 32064,
}
HALF_B: dict[str, Any] = {
    "image_token_index": 151646,
    "model_type": "llava",
    "text_config": {
        "model_type": "qwen2",
        "hidden_size": 1024,
        "intermediate_size": 2816,
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "num_key_value_heads": 16,
        "tie_word_embeddings": True,
        "vocab_size": 152000,
    },
    "vision_config": {
        "hidden_size": 1152,
        "image_size": 384,
        "intermediate_size": 4304,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 26,
        "patch_size": 14,
        "vision_use_head": False,
    },
    "vision_feature_layer": -1,
    "vision_feature_select_strategy": "full",
}
SMALL: dict[str, Any] = {"model_type": "clip_vision_model", "image_size": 42, "patch_size": 7, "num_hidden_layers": 3}


def test_llava_as_published() -> None:
    config = read_config(SEVEN_B)
    assert (config.rows_per_view, config.context, config.layers, config.pinpoints) == (576, 4096, (-2,), None)
    assert not config.language.tied
    assert config.language.vocabulary == 32064


def test_interleave_as_published() -> None:
    config = read_config(HALF_B)
    assert (config.rows_per_view, config.context, config.layers, config.every_row) == (729, 32768, (-1,), True)
    assert config.language.tied
    assert config.image_token == 151646


def test_whether_the_head_is_tied_is_said_at_the_top_for_next() -> None:
    text = {"model_type": "qwen2", "tie_word_embeddings": True}
    assert not read_config({"model_type": "llava_next", "text_config": text}).language.tied
    assert read_config({"model_type": "llava_next", "tie_word_embeddings": True}).language.tied


def test_what_is_left_out_is_as_in_the_reference() -> None:
    config = read_config({"model_type": "llava_next", "image_token_id": 7})
    assert isinstance(config.vision, ClipVisionConfig)
    assert (config.vision.image_size, config.vision.num_hidden_layers, config.side) == (336, 24, 24)
    assert (config.pinpoints, config.image_token, config.context) == (PINPOINTS, 7, 2048)
    assert read_config({"model_type": "llava", "vision_config": {}}).vision == ClipVisionConfig()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "llava_onevision"}, r"x\.json: model_type is 'llava_onevision'; expected llava or llava_next"),
        ({"vision_feature_layer": -5}, r"vision_feature_layer is \[-5\]; expected layers from -4 to 3"),
        ({"vision_feature_layer": [1, 4]}, r"vision_feature_layer is \[1, 4\]"),
        ({"vision_feature_layer": []}, r"vision_feature_layer is \[\]"),
        ({"vision_feature_select_strategy": "some"}, "'default', 'full'"),
        ({"vision_config": {"model_type": "pixtral"}}, "vision_config: model_type is 'pixtral'; expected clip_vision"),
        ({"text_config": {"model_type": "mamba"}}, "text_config: model_type is 'mamba'"),
        ({"text_config": [1]}, r"text_config is \[1\]"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
        ({"model_type": "llava_next", "image_grid_pinpoints": [[42, 50]]}, r"\[\[42, 50\]\]; expected .* tiles of 42"),
        ({"model_type": "llava_next", "vision_feature_select_strategy": "full"}, "leaves 37 rows of a tile"),
    ],
)
def test_configs_that_cannot_be_followed(change: dict[str, Any], message: str) -> None:
    small = {"model_type": "llava", "vision_config": SMALL, "image_grid_pinpoints": [[42, 84]]}
    with pytest.raises(CheckpointError, match=message):
        read_config({**small, **change}, "x.json")
