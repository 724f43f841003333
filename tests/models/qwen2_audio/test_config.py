"""Configs of Qwen2-Audio as they stand on the Hub, and those that cannot be followed."""

from typing import Any

import pytest
from tests.models.qwen2_audio.reference import CONFIG

from sensorium.core.errors import CheckpointError
from sensorium.models.qwen2_audio.config import EncoderConfig, read_config

SEVEN_B: dict[str, Any] = {
    "architectures": ["Qwen2AudioForConditionalGeneration"],
    "audio_config": {
        "model_type": "qwen2_audio_encoder",
        "num_mel_bins": 128,
        "encoder_layers": 32,
        "encoder_attention_heads": 20,
        "encoder_ffn_dim": 5120,
        "encoder_layerdrop": 0.0,
        "d_model": 1280,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "activation_function": "gelu",
        "activation_dropout": 0.0,
        "scale_embedding": False,
        "init_std": 0.02,
        "max_source_positions": 1500,
    },
    "audio_token_index": 151646,
    "ignore_index": -100,
    "model_type": "qwen2_audio",
    "text_config": {
        "bos_token_id": 151643,
        "eos_token_id": 151645,
        "intermediate_size": 11008,
        "max_position_embeddings": 8192,
        "model_type": "qwen2",
        "rope_theta": 10000,
        "rms_norm_eps": 1e-5,
        "sliding_window": 32768,
        "torch_dtype": "bfloat16",
        "use_mrope": False,
        "vocab_size": 156032,
    },
    "torch_dtype": "bfloat16",
    "transformers_version": "4.38.1",
    "vocab_size": 156032,
}


def test_the_published_one() -> None:
    config = read_config(SEVEN_B)
    assert config.audio == EncoderConfig()
    assert (config.audio_token, config.context) == (151646, 8192)
    language = config.language
    assert (language.vocabulary, language.width, language.layers, language.hidden) == (156032, 4096, 32, 11008)
    assert (language.attention.heads, language.attention.kv_heads, language.attention.bias) == (32, 32, True)
    assert (language.tied, language.windows) == (False, ())


def test_what_is_left_out_is_as_in_the_reference() -> None:
    config = read_config({"model_type": "qwen2_audio", "audio_config": None, "text_config": {"hidden_size": 2048}})
    assert (config.audio, config.audio_token, config.context) == (EncoderConfig(), 151646, 32768)
    assert (config.language.width, config.language.vocabulary) == (2048, 151936)


def test_the_newer_name_of_the_placeholder() -> None:
    assert read_config({**CONFIG, "audio_token_id": 9}).audio_token == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "qwen2_5_omni"}, r"x\.json: model_type is 'qwen2_5_omni'; expected qwen2_audio"),
        ({"audio_config": {"model_type": "whisper"}}, "audio_config: model_type is 'whisper'; expected qwen2_audio_en"),
        ({"audio_config": {"d_model": 30, "encoder_attention_heads": 4}}, "hidden_size 30 and num_attention_heads 4"),
        ({"audio_config": {"d_model": 15, "encoder_attention_heads": 5}}, "d_model 15; expected an even number"),
        ({"audio_config": {"max_source_positions": 1}}, "max_source_positions 1; expected at least 2"),
        ({"audio_config": {"pool": 4}}, "audio_config.*pool"),
        ({"audio_config": 3}, "audio_config is 3; expected a table"),
        ({"text_config": [1]}, r"text_config is \[1\]; expected a table"),
        ({"text_config": {"model_type": "mamba"}}, "text_config: model_type is 'mamba'"),
        ({"text_config": {"use_mrope": True}}, "use_mrope"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
    ],
)
def test_configs_that_cannot_be_followed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config({**CONFIG, **change}, "x.json")
