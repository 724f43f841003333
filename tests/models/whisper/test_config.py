"""Whisper's config.json: defaults, what real ones hold, and what is refused."""

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.whisper.config import WhisperConfig, read_config

TINY = {  # the keys of openai/whisper-tiny
    "_name_or_path": "openai/whisper-tiny",
    "activation_dropout": 0.0,
    "activation_function": "gelu",
    "architectures": ["WhisperForConditionalGeneration"],
    "attention_dropout": 0.0,
    "begin_suppress_tokens": [220, 50257],
    "bos_token_id": 50257,
    "d_model": 384,
    "decoder_attention_heads": 6,
    "decoder_ffn_dim": 1536,
    "decoder_layerdrop": 0.0,
    "decoder_layers": 4,
    "decoder_start_token_id": 50258,
    "dropout": 0.0,
    "encoder_attention_heads": 6,
    "encoder_ffn_dim": 1536,
    "encoder_layerdrop": 0.0,
    "encoder_layers": 4,
    "eos_token_id": 50257,
    "forced_decoder_ids": [[1, 50259], [2, 50359], [3, 50363]],
    "init_std": 0.02,
    "is_encoder_decoder": True,
    "max_length": 448,
    "max_source_positions": 1500,
    "max_target_positions": 448,
    "model_type": "whisper",
    "num_hidden_layers": 4,
    "num_mel_bins": 80,
    "pad_token_id": 50257,
    "scale_embedding": False,
    "suppress_tokens": [1, 2, 7],
    "torch_dtype": "float32",
    "transformers_version": "4.27.0.dev0",
    "use_cache": True,
    "vocab_size": 51865,
}
V3 = {  # what openai/whisper-large-v3 has beside
    "apply_spec_augment": False,
    "classifier_proj_size": 256,
    "mask_feature_length": 10,
    "mask_feature_min_masks": 0,
    "mask_feature_prob": 0,
    "mask_time_length": 10,
    "mask_time_min_masks": 2,
    "mask_time_prob": 0.05,
    "median_filter_width": 7,
    "use_weighted_layer_sum": False,
    "num_mel_bins": 128,
    "vocab_size": 51866,
}


def test_real_ones() -> None:
    assert read_config(TINY) == WhisperConfig()
    assert read_config(TINY | V3) == WhisperConfig(num_mel_bins=128, vocab_size=51866)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "speecht5"}, r"model_type is 'speecht5'; expected whisper\. Give the folder of a Whisper"),
        ({"encoder_layer": 4}, r"config\.json: unknown key 'encoder_layer'.*Did you mean"),
        ({"use_weighted_layer_sum": True}, r"unknown key 'use_weighted_layer_sum'"),
        ({"d_model": "384"}, r"d_model: got '384'.*expected int"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(TINY | change)


def test_defaults_are_those_of_the_reference_class() -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.WhisperConfig()
    assert vars(WhisperConfig()) == {name: getattr(theirs, name) for name in vars(WhisperConfig())}
