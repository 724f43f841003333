"""wav2vec 2.0's config.json: defaults, what real ones hold, and what is refused."""

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.wav2vec2.config import Wav2Vec2Config, read_config

BASE = {  # the keys of facebook/wav2vec2-base-960h
    "_name_or_path": "facebook/wav2vec2-base-960h",
    "activation_dropout": 0.1,
    "apply_spec_augment": True,
    "architectures": ["Wav2Vec2ForCTC"],
    "attention_dropout": 0.1,
    "bos_token_id": 1,
    "codevector_dim": 256,
    "contrastive_logits_temperature": 0.1,
    "conv_bias": False,
    "conv_dim": [512, 512, 512, 512, 512, 512, 512],
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "ctc_loss_reduction": "sum",
    "ctc_zero_infinity": False,
    "diversity_loss_weight": 0.1,
    "do_stable_layer_norm": False,
    "eos_token_id": 2,
    "feat_extract_activation": "gelu",
    "feat_extract_dropout": 0.0,
    "feat_extract_norm": "group",
    "feat_proj_dropout": 0.1,
    "feat_quantizer_dropout": 0.0,
    "final_dropout": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout": 0.1,
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-05,
    "layerdrop": 0.1,
    "mask_feature_length": 10,
    "mask_feature_prob": 0.0,
    "mask_time_length": 10,
    "mask_time_prob": 0.05,
    "model_type": "wav2vec2",
    "num_attention_heads": 12,
    "num_codevector_groups": 2,
    "num_codevectors_per_group": 320,
    "num_conv_pos_embedding_groups": 16,
    "num_conv_pos_embeddings": 128,
    "num_feat_extract_layers": 7,
    "num_hidden_layers": 12,
    "num_negatives": 100,
    "pad_token_id": 0,
    "proj_codevector_dim": 256,
    "transformers_version": "4.7.0.dev0",
    "vocab_size": 32,
}


def test_real_ones() -> None:
    assert read_config(BASE) == Wav2Vec2Config()
    large = {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True, "add_adapter": False}
    found = read_config(BASE | large | {"adapter_attn_dim": None, "tdnn_dim": [512, 1500], "output_hidden_size": 768})
    assert (found.do_stable_layer_norm, found.feat_extract_norm, found.conv_bias) == (True, "layer", True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": None}, r"model_type is None; expected wav2vec2\. Give the folder of a wav2vec 2\.0 model"),
        ({"adapter_attn_dim": 16}, r"has adapters \(add_adapter, adapter_attn_dim\), which are not supported"),
        ({"conv_strides": [5]}, r"unknown key 'conv_strides'.*Did you mean"),
        ({"use_weighted_layer_sum": True}, r"unknown key 'use_weighted_layer_sum'"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(BASE | change)


def test_defaults_are_those_of_the_reference_class() -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.Wav2Vec2Config()
    assert vars(Wav2Vec2Config()) == {name: getattr(theirs, name) for name in vars(Wav2Vec2Config())}
