"""Sizes from config.json: files as they lie on the Hub, files of the newer form, and what is refused."""

from typing import Any

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.qwen_vl.config import QwenVLConfig, TowerConfig, read_config

# Qwen2.5-VL-3B as it lies on the Hub
HALF: dict[str, Any] = {
    "architectures": ["Qwen2_5_VLForConditionalGeneration"],
    "attention_dropout": 0.0,
    "bos_token_id": 151643,
    "eos_token_id": 151645,
    "vision_start_token_id": 151652,
    "vision_end_token_id": 151653,
    "vision_token_id": 151654,
    "image_token_id": 151655,
    "video_token_id": 151656,
    "hidden_act": "silu",
    "hidden_size": 2048,
    "initializer_range": 0.02,
    "intermediate_size": 11008,
    "max_position_embeddings": 128000,
    "max_window_layers": 70,
    "model_type": "qwen2_5_vl",
    "num_attention_heads": 16,
    "num_hidden_layers": 36,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_theta": 1000000.0,
    "sliding_window": 32768,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "use_cache": True,
    "use_sliding_window": False,
    "vision_config": {
        "depth": 32,
        "hidden_act": "silu",
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "in_chans": 3,
        "out_hidden_size": 2048,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "spatial_patch_size": 14,
        "window_size": 112,
        "fullatt_block_indexes": [7, 15, 23, 31],
        "tokens_per_second": 2,
        "temporal_patch_size": 2,
    },
    "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
    "vocab_size": 151936,
}
# Qwen3-VL-2B
THREE: dict[str, Any] = {
    "architectures": ["Qwen3VLForConditionalGeneration"],
    "image_token_id": 151655,
    "model_type": "qwen3_vl",
    "text_config": {
        "attention_bias": False,
        "head_dim": 128,
        "hidden_act": "silu",
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "max_position_embeddings": 262144,
        "model_type": "qwen3_vl_text",
        "num_attention_heads": 16,
        "num_hidden_layers": 28,
        "num_key_value_heads": 8,
        "rms_norm_eps": 1e-06,
        "rope_scaling": {"mrope_interleaved": True, "mrope_section": [24, 20, 20], "rope_type": "default"},
        "rope_theta": 5000000,
        "tie_word_embeddings": True,
        "use_cache": True,
        "vocab_size": 151936,
    },
    "tie_word_embeddings": True,
    "video_token_id": 151656,
    "vision_config": {
        "deepstack_visual_indexes": [5, 11, 17],
        "depth": 24,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_size": 1024,
        "in_channels": 3,
        "initializer_range": 0.02,
        "intermediate_size": 4096,
        "model_type": "qwen3_vl",
        "num_heads": 16,
        "num_position_embeddings": 2304,
        "out_hidden_size": 2048,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    },
    "vision_end_token_id": 151653,
    "vision_start_token_id": 151652,
}


def test_a_file_of_the_older_form() -> None:
    config = read_config(HALF)
    assert config.vision == TowerConfig(
        width=1280,
        layers=32,
        heads=16,
        hidden=3420,
        out=2048,
        patch=14,
        activation="silu",
        norm="rms",
        gated=True,
        window=4,
        whole=(7, 15, 23, 31),
    )
    language = config.language
    assert (language.width, language.layers, language.hidden, language.vocabulary) == (2048, 36, 11008, 151936)
    assert (language.attention.bias, language.attention.out_bias, language.attention.qk_norm) == (True, False, False)
    assert (language.rotary.base, language.norm.eps, language.tied, language.windows) == (1e6, 1e-6, True, ())
    assert (config.sections, config.interleaved, config.ticks, config.stamped) == ((16, 24, 24), False, 2, False)
    assert (config.context, config.long_names) == (128000, False)


def test_a_file_of_qwen3() -> None:
    config = read_config(THREE)
    assert (config.vision.side, config.vision.deep, config.vision.window) == (48, (5, 11, 17), None)
    assert (config.vision.norm, config.vision.gated, config.vision.patch_bias) == ("layer", False, True)
    assert (config.language.attention.qk_norm, config.language.attention.bias) == (True, False)
    assert (config.language.rotary.base, config.language.tied) == (5e6, True)
    assert (config.sections, config.interleaved, config.ticks, config.stamped) == ((24, 20, 20), True, None, True)


@pytest.mark.parametrize("kind", ["Qwen2VL", "Qwen2_5_VL", "Qwen3VL"])
def test_what_is_left_out_is_as_the_reference_has_it(kind: str) -> None:
    reference = pytest.importorskip("transformers")
    config = getattr(reference, f"{kind}Config")()
    width = config.text_config.hidden_size
    said = {"vision_config": {"hidden_size" if kind == "Qwen2VL" else "out_hidden_size": width}}
    whole = config.to_dict()
    whole["vision_config"] |= said["vision_config"]
    assert read_config({"model_type": config.model_type, **said}) == read_config(whole)


def changed(base: dict[str, Any], part: str | None, **changes: Any) -> dict[str, Any]:
    if part is None:
        return base | changes
    return base | {part: base[part] | changes}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"model_type": "llama"}, r"x\.json: model_type is 'llama'; expected qwen2_vl or"),
        (changed(HALF, None, mixture=4), r"x\.json: mixture is 4"),
        (changed(THREE, None, mixture=4), r"x\.json: unknown key 'mixture'"),
        (changed(THREE, "text_config", mixture=4), "mixture is 4"),
        (changed(HALF, "vision_config", mixture=4), r"x\.json: vision_config: unknown key 'mixture'"),
        (changed(HALF, "vision_config", num_position_embeddings=4), "has num_position_embeddings, which a qwen2_5_vl"),
        (changed(HALF, "vision_config", in_channels=1), "in_channels is 1; expected 3"),
        (changed(HALF, "vision_config", out_hidden_size=64), "rows of width 64, the language model takes 2048"),
        (changed(HALF, "vision_config", num_heads=7), "hidden_size 1280 and num_attention_heads 7"),
        (changed(HALF, "vision_config", num_heads=640), "heads of width 2; expected a multiple of 4"),
        (changed(HALF, "vision_config", window_size=8), "a size below 1"),
        (changed(THREE, "vision_config", deepstack_visual_indexes=[24]), r"after layers \[24\] of 24"),
        (changed(THREE, "vision_config", num_position_embeddings=2305), "is 2305; expected a square number"),
        (changed(THREE, "vision_config", rope_parameters={"rope_type": "yarn"}), "expected rope_type axial"),
        (changed(HALF, None, rope_scaling={"type": "yarn", "factor": 4.0}), "of type 'yarn'; expected default"),
        (changed(HALF, None, rope_scaling={"type": "mrope", "mrope_section": [8]}), r"mrope_section is \[8\]"),
        (changed(HALF, None, rope_scaling="mrope"), "rope_parameters is 'mrope'"),
        (changed(THREE, "text_config", num_hidden_layers=2), "rows for 3 layers of a language model of 2"),
    ],
)
def test_what_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(data, where="x.json")


def test_configs_can_be_compared() -> None:
    assert isinstance(read_config(HALF), QwenVLConfig)
    assert read_config(HALF) == read_config(HALF) != read_config(THREE)
