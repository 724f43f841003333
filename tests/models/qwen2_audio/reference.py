"""Tiny random checkpoints of Qwen2-Audio, written by the reference implementation, with their processors."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tests.models.tiny import drawn, letters_and_words
from tokenizers import Tokenizer
from torch import Tensor

SECONDS = 1
"""That a tiny model hears at once, where the published ones hear 30."""

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>")
LETTERS = ["You are a helpful assistant.", "What is this? user system Audio 1: Audio 2: the first and the second\n\n"]
VOCABULARY = 330

CONFIG: dict[str, Any] = {
    "model_type": "qwen2_audio",
    "audio_token_index": SPECIAL.index("<|AUDIO|>"),
    "audio_config": {
        "model_type": "qwen2_audio_encoder",
        "num_mel_bins": 128,
        "d_model": 32,
        "encoder_layers": 2,
        "encoder_attention_heads": 4,
        "encoder_ffn_dim": 48,
        "max_source_positions": 50 * SECONDS,
    },
    "text_config": {
        "model_type": "qwen2",
        "vocab_size": VOCABULARY,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "eos_token_id": 2,
        "pad_token_id": 0,
    },
}


def make() -> Any:
    """The reference's model, with weights that follow from their names."""
    import transformers as reference

    settings = {key: value for key, value in CONFIG.items() if key != "model_type"}
    model = reference.Qwen2AudioForConditionalGeneration(reference.Qwen2AudioConfig(**settings)).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(random_weight(old_name(name), tuple(weight.shape)))
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = 2, 0
    return model


def old_name(name: str) -> str:
    """The name under which a weight is written, from that in the reference's module."""
    for start, older in (
        ("lm_head.", "language_model.lm_head."),
        ("model.language_model.", "language_model.model."),
        ("model.", ""),
    ):
        if name.startswith(start):
            return older + name.removeprefix(start)
    return name


def random_weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """Numbers that depend on the name alone, large enough that what was said and heard before counts."""
    numbers = drawn(name, shape)
    size = 0.3 if len(shape) == 1 else 1.5 / prod(shape[1:]) ** 0.5
    return numbers * size + (1.0 if "norm" in name and name.endswith("weight") else 0.0)


def write(folder: Path) -> tuple[Any, Any]:
    """Write a checkpoint. Returns: the reference's model and processor."""
    model, processor = make(), make_processor()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor


def make_processor() -> Any:
    """The reference's processor, with its own chat template."""
    import transformers as reference

    ears = reference.WhisperFeatureExtractor(
        CONFIG["audio_config"]["num_mel_bins"], chunk_length=SECONDS, return_attention_mask=True
    )
    return reference.Qwen2AudioProcessor(ears, make_tokenizer())


def make_tokenizer() -> Any:
    """Letters with a few words."""
    import transformers as reference

    return reference.PreTrainedTokenizerFast(
        tokenizer_object=inner_tokenizer(),
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        additional_special_tokens=list(SPECIAL[1:]),
        padding_side="left",
    )


def inner_tokenizer() -> Tokenizer:
    """The same for those who have no reference."""
    return letters_and_words(LETTERS, SPECIAL, vocabulary=VOCABULARY - 10)


def tune(samples: int, pitch: float = 300.0) -> NDArray[np.float32]:
    """A rising tone with a beat, the same on every machine."""
    time = np.arange(samples) / 16_000
    tone = np.sin(2 * np.pi * (pitch + 1500 * time) * time) * (0.6 + 0.4 * np.sin(2 * np.pi * 7 * time))
    return (0.3 * tone + 0.05 * np.sin(2 * np.pi * 3700 * time)).astype(np.float32)
