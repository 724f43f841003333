"""Configs of the original repository."""

from typing import Any

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.llava.config import read_config

SEVEN_B: dict[str, Any] = {
    "architectures": ["LlavaLlamaForCausalLM"],
    "freeze_mm_mlp_adapter": False,
    "hidden_act": "silu",
    "hidden_size": 4096,
    "image_aspect_ratio": "pad",
    "intermediate_size": 11008,
    "max_length": 4096,
    "max_position_embeddings": 4096,
    "mm_hidden_size": 1024,
    "mm_projector_type": "mlp2x_gelu",
    "mm_resampler_type": None,
    "mm_use_im_patch_token": False,
    "mm_use_im_start_end": False,
    "mm_vision_select_feature": "patch",
    "mm_vision_select_layer": -2,
    "mm_vision_tower": "openai/clip-vit-large-patch14-336",
    "model_type": "llava",
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 32,
    "rms_norm_eps": 1e-5,
    "rope_scaling": None,
    "tie_word_embeddings": False,
    "tune_mm_mlp_adapter": False,
    "unfreeze_mm_vision_tower": False,
    "use_mm_proj": True,
    "vocab_size": 32000,
}
TILED: dict[str, Any] = {
    **SEVEN_B,
    "image_aspect_ratio": "anyres",
    "image_crop_resolution": 224,
    "image_grid_pinpoints": [[336, 672], [1008, 336]],
    "mm_patch_merge_type": "spatial_unpad",
    "model_type": "llava_mistral",
    "tokenizer_padding_side": "right",
}


def test_llava() -> None:
    config = read_config(SEVEN_B)
    assert (config.rows_per_view, config.layers, config.context, config.square) == (576, (-2,), 4096, True)
    assert (config.pinpoints, config.image_token, config.language.vocabulary) == (None, None, 32000)


def test_sizes_of_tiles_are_turned_and_not_padded_to_squares() -> None:
    config = read_config(TILED)
    assert config.pinpoints == ((672, 336), (336, 1008))
    assert not config.square


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mm_projector_type": "linear"}, r"x\.json: mm_projector_type is 'linear'; expected one of: mlp2x_gelu"),
        ({"mm_vision_tower": "google/vit"}, "mm_vision_tower is 'google/vit'.*patch14-336.*llava-hf"),
        ({"mm_use_im_start_end": True}, "mm_use_im_start_end is True"),
        ({"mm_patch_merge_type": "flat"}, "mm_patch_merge_type is 'flat'; expected one of: spatial_unpad"),
        ({"image_grid_pinpoints": "(1x1),...,(6x6)"}, "image_grid_pinpoints is"),
        ({"image_aspect_ratio": "anyres_max_9"}, "image_aspect_ratio is 'anyres_max_9'"),
    ],
)
def test_choices_that_are_not_supported(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config({**TILED, **change}, "x.json")


def test_a_single_matrix_is_no_projector_of_ours() -> None:
    with pytest.raises(CheckpointError, match="mm_projector_type is None"):
        read_config({key: value for key, value in SEVEN_B.items() if key != "mm_projector_type"})
