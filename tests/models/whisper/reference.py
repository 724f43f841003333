"""Tiny Whisper checkpoints with random weights, made by the reference implementation, and ours of them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sensorium.models.whisper.config import read_config
from sensorium.models.whisper.model import WhisperNetwork, build
from sensorium.models.whisper.rules import rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint

# Ids: 0-39 text, 40 the end, 41 the start, 42-44 languages, 45 translate, 46 transcribe, 47 start of a language model,
# 48 what was before, 49 no speech, 50 no timestamps, 51-101 timestamps of one second.
TEXT_IDS, END, START, TRANSLATE, TRANSCRIBE, PREVIOUS, NO_SPEECH, NO_TIMESTAMPS = 40, 40, 41, 45, 46, 48, 49, 50
LANGUAGES = {"en": 42, "de": 43, "zh": 44}
POSITIONS = 50

SIZES: dict[str, Any] = {
    "vocab_size": NO_TIMESTAMPS + 1 + POSITIONS + 1,
    "num_mel_bins": 80,
    "d_model": 32,
    "encoder_layers": 2,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_layers": 3,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 40,
    "max_source_positions": POSITIONS,
    "max_target_positions": 64,
    "bos_token_id": END,
    "eos_token_id": END,
    "pad_token_id": END,
    "decoder_start_token_id": START,
}
GENERATION: dict[str, Any] = {
    "alignment_heads": [[1, 0], [2, 1]],
    "begin_suppress_tokens": [3, END],
    "bos_token_id": END,
    "decoder_start_token_id": START,
    "eos_token_id": END,
    "is_multilingual": True,
    "lang_to_id": {f"<|{code}|>": id_ for code, id_ in LANGUAGES.items()},
    "max_initial_timestamp_index": 30,
    "max_length": 64,
    "no_timestamps_token_id": NO_TIMESTAMPS,
    "pad_token_id": END,
    "prev_sot_token_id": PREVIOUS,
    "return_timestamps": False,
    "suppress_tokens": [1, 2, 7, START, *LANGUAGES.values(), TRANSLATE, TRANSCRIBE, 47, PREVIOUS, NO_SPEECH],
    "task_to_id": {"transcribe": TRANSCRIBE, "translate": TRANSLATE},
}


def whisper(seed: int = 0, **sizes: Any) -> Any:
    """A tiny Whisper of the reference, with weights large enough to make a difference."""
    import transformers

    torch.manual_seed(seed)
    model = transformers.WhisperForConditionalGeneration(transformers.WhisperConfig(**SIZES | sizes))
    with torch.no_grad():
        for name, each in model.named_parameters():
            if "encoder.embed_positions" in name:
                continue
            noise = torch.randn_like(each) * (0.05 if each.dim() < 2 else 1.2 / each[0].numel() ** 0.5)
            if "decoder.layers" in name and name.endswith(("out_proj.weight", "fc2.weight", "q_proj.weight")):
                noise *= 4.0  # else every token is the one before
            if "decoder.embed_positions" in name:
                noise *= 5.0
            each.copy_(noise + 1 if "norm" in name and name.endswith("weight") else noise)
    model.generation_config = transformers.GenerationConfig(**GENERATION)
    return model.eval()


def ours(folder: Path) -> WhisperNetwork:
    """Our network with the weights of a folder."""
    config = read_config(read_json(folder / "config.json"))
    with Unfilled():
        network = build(config)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=torch.float32)
    return network.eval()


def mels(items: int, seed: int = 1) -> Tensor:
    """Spectrograms [items, 80, 100], always the same of a seed."""
    return torch.randn(items, 80, 2 * POSITIONS, generator=torch.Generator().manual_seed(seed))


PIECES = (
    *(
        " ",
        "!",
        "Ġ",
        "Ġyes",
        "Ġno",
        "ing",
        ".",
        "Ġ(",
        ")",
        ",",
        "Ġhow",
        "Ġare",
        "Ġyou",
        "Ġthe",
        "Ġboat",
        "s",
        "Ġ-",
        "y",
    ),
    *("ä½", "ł", "å¥½", "Â", "Ġwell", "Ġgood", "Ġmorning", "Ġfog", "Ġsea", "?", "Ġand", "Ġso", "Ġit", "Ġis", "Ġa"),
    *("Ġred", "Ġsun", "Ġrise", "Ġover", "Ġwater", "Ġnow", "'"),
)
"""Text of the ids 0-39 as byte-level tokens spell it; 18 and 19 together are a letter, 21 is a broken one."""


def tokenizer_json() -> str:
    """A tokenizer of these ids, the special ones among them."""
    import tokenizers

    inner = tokenizers.Tokenizer(tokenizers.models.BPE({piece: id_ for id_, piece in enumerate(PIECES)}, []))
    inner.decoder = tokenizers.decoders.ByteLevel()
    codes = (f"<|{code}|>" for code in LANGUAGES)
    inner.add_special_tokens(
        ["<|endoftext|>", "<|startoftranscript|>", *codes, "<|translate|>", "<|transcribe|>", "<|startoflm|>"]
    )
    inner.add_special_tokens(["<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"])
    inner.add_tokens([f"<|{tick * 0.02:.2f}|>" for tick in range(POSITIONS + 1)])
    return str(inner.to_str())


def whisper_folder(folder: Path, seed: int = 0, **sizes: Any) -> Any:
    """A folder as the reference writes it, tokenizer and all; returns the reference's model."""
    import transformers

    model = whisper(seed, **sizes)
    model.save_pretrained(folder)
    transformers.WhisperFeatureExtractor(SIZES["num_mel_bins"], chunk_length=1).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    return model


def golden_sound() -> NDArray[np.float32]:
    """Nine tenths of a second of a rising tone and a beat, the same on every machine."""
    time = np.arange(14_400) / 16_000
    tone = np.sin(2 * np.pi * (200 + 1500 * time) * time) * (0.6 + 0.4 * np.sin(2 * np.pi * 7 * time))
    return (0.3 * tone + 0.05 * np.sin(2 * np.pi * 3700 * time)).astype(np.float32)
