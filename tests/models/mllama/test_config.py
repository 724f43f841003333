"""Sizes of published files and of older and newer forms, and what is refused."""

from typing import Any

import pytest
from tests.models.mllama.make_golden import config_of

from sensorium.core.errors import CheckpointError
from sensorium.language.config import StretchConfig
from sensorium.models.mllama.config import grids_of, read_config

PUBLISHED: dict[str, Any] = {
    "architectures": ["MllamaForConditionalGeneration"],
    "model_type": "mllama",
    "image_token_index": 128_256,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.45.0.dev0",
    "text_config": {
        "_name_or_path": "",
        "model_type": "mllama_text_model",
        "cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38],
        "dropout": 0,
        "eos_token_id": [128_001, 128_008, 128_009],
        "rope_scaling": {
            "factor": 8.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
            "rope_type": "llama3",
        },
        "rope_theta": 500_000.0,
        "do_sample": False,
        "temperature": 1.0,
        "num_return_sequences": 1,
        "num_key_value_heads": None,
    },
    "vision_config": {
        "model_type": "mllama_vision_model",
        "image_size": 560,
        "attention_heads": 16,
        "max_num_tiles": 4,
        "vision_output_dim": 7680,
        "norm_eps": 1e-05,
        "top_p": 1.0,
    },
}


def test_the_published_sizes() -> None:
    config = read_config(PUBLISHED)
    language, vision = config.language, config.vision
    assert (language.layers, len(config.cross), config.layers) == (32, 8, 40)
    assert (language.vocabulary, config.said, config.image_token) == (128_264, 128_256, 128_256)
    assert (language.attention.heads, language.attention.kv_heads, language.attention.head_width) == (32, 8, 128)
    assert (language.rotary.base, language.rotary.stretch) == (500_000.0, StretchConfig(8.0, 1.0, 4.0, 8192))
    assert (vision.rows_per_tile, vision.intermediate_layers_indices) == (1601, (3, 7, 15, 23, 30))
    assert config.context == 131_072


def test_what_a_file_leaves_out_is_as_the_reference_has_it() -> None:
    config = read_config({"model_type": "mllama", "text_config": None})
    assert (config.vision.image_size, config.language.width, config.language.hidden) == (448, 4096, 14_336)
    assert (config.language.rotary.base, config.language.norm.eps, config.language.tied) == (500_000.0, 1e-5, False)


def test_grids_have_the_published_numbers() -> None:
    assert grids_of(4) == ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (3, 1), (4, 1))


def test_layers_of_text_are_those_between() -> None:
    assert read_config(config_of("four")).text_layers == (0, 1, 3, 5)


TEXT, VISION = "text_config", "vision_config"


@pytest.mark.parametrize(
    ("section", "change", "message"),
    [
        (None, {"model_type": "llava"}, r"model_type is 'llava'; expected mllama\. Give the folder"),
        (None, {"dance": 1}, r"unknown key 'dance'"),
        (None, {TEXT: 3}, r"text_config is 3; expected a table"),
        (TEXT, {"dance": 1}, r"dance"),
        (TEXT, {"cross_attention_layers": [0, 2]}, r"cross_attention_layers is \[0, 2\]; expected some of the 6"),
        (TEXT, {"cross_attention_layers": [2, 3]}, r"each behind one in which text sees text"),
        (TEXT, {"cross_attention_layers": [6]}, r"cross_attention_layers is \[6\]"),
        (TEXT, {"cross_attention_layers": "all"}, r"cross_attention_layers"),
        (TEXT, {"head_dim": 4}, r"6 heads of width 4; expected hidden_size 48"),
        (VISION, {"dance": 1}, r"vision_config: unknown key 'dance'"),
        (VISION, {"num_channels": 1}, r"num_channels is 1; expected 3"),
        (VISION, {"attention_heads": 5}, r"num_attention_heads 5"),
        (VISION, {"intermediate_layers_indices": [4]}, r"is \[4\]; expected layers from 0 to 3"),
        (VISION, {"vision_output_dim": 64}, r"vision_output_dim is 64; expected 96"),
        (VISION, {"max_num_tiles": 3}, r"expected all grids of max_num_tiles 3, \[\[1, 1\], \[1, 2\]"),
    ],
)
def test_what_contradicts_itself_is_refused(section: str | None, change: dict[str, Any], message: str) -> None:
    data = config_of("four")
    data = {**data, **change} if section is None else {**data, section: {**data[section], **change}}
    with pytest.raises(CheckpointError, match=message):
        read_config(data, where="x.json")
