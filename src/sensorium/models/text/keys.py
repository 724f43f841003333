"""Keys of a config.json: which ones each language model has, with the reference's defaults, and which do not matter."""

from typing import Final

_NO_MATTER = (
    # who wrote it, and when
    "architectures auto_map model_type torch_dtype dtype transformers_version transformers.js_config is_llama_config "
    # training
    "attention_dropout initializer_range neftune_noise_alpha output_attentions output_hidden_states output_scores "
    "pretraining_tp problem_type id2label label2id gradient_checkpointing "
    # how the reference runs it
    "cache_implementation chunk_size_feed_forward return_dict return_dict_in_generate tf_legacy_loss torchscript "
    "use_bfloat16 use_cache pixel_shuffle_factor perceiver_config "
    # ids: the tokenizer's and the answerer's matter
    "bos_token_id decoder_start_token_id eos_token_id forced_bos_token_id forced_eos_token_id pad_token_id "
    "sep_token_id unk_token_id prefix tokenizer_class "
    # how answers are drawn
    "bad_words_ids begin_suppress_tokens diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size "
    "exponential_decay_length_penalty length_penalty max_length min_length no_repeat_ngram_size num_beam_groups "
    "num_beams num_return_sequences remove_invalid_values repetition_penalty suppress_tokens temperature top_k top_p "
    "typical_p"
)

IGNORED: Final = frozenset(_NO_MATTER.split())
"""Keys that change nothing of what a text decoder computes, beside those that begin with an underscore."""

_LLAMA: Final[dict[str, object]] = {
    "vocab_size": 32_000,
    "hidden_size": 4096,
    "intermediate_size": 11_008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
    "head_dim": None,
    "hidden_act": "silu",
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "attention_bias": False,
    "rope_theta": 10_000.0,
    "rope_scaling": None,
    "rope_parameters": None,
}
_QWEN2: Final = {
    **_LLAMA,
    "vocab_size": 151_936,
    "intermediate_size": 22_016,
    "num_key_value_heads": 32,
    "max_position_embeddings": 32_768,
    "use_sliding_window": False,
    "sliding_window": 4096,
    "max_window_layers": 28,
    "layer_types": None,
}
_GEMMA: Final = {
    **_LLAMA,
    "vocab_size": 256_000,
    "hidden_size": 3072,
    "intermediate_size": 24_576,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "head_dim": 256,
    "hidden_act": "gelu_pytorch_tanh",
    "hidden_activation": None,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
}
_GEMMA2: Final = {
    **_GEMMA,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "hidden_activation": "gelu_pytorch_tanh",
    "query_pre_attn_scalar": 256.0,
    "sliding_window": 4096,
    "layer_types": None,
    "final_logit_softcapping": 30.0,
    "attn_logit_softcapping": 50.0,
}

DEFAULTS: Final[dict[str, dict[str, object]]] = {
    "llama": _LLAMA,
    "mistral": {
        **_LLAMA,
        "intermediate_size": 14_336,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131_072,
        "sliding_window": 4096,
    },
    "qwen2": _QWEN2,
    "qwen3": {**_QWEN2, "head_dim": 128},
    "gemma": _GEMMA,
    "gemma2": _GEMMA2,
    "gemma3_text": {
        **_GEMMA2,
        "vocab_size": 262_208,
        "max_position_embeddings": 131_072,
        "final_logit_softcapping": None,
        "attn_logit_softcapping": None,
        "sliding_window_pattern": 6,
        "rope_theta": 1_000_000.0,
        "rope_local_base_freq": 10_000.0,
    },
}
"""Per `model_type`, all keys that count, with the values that the reference's configuration class gives them."""
