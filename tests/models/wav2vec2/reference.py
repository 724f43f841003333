"""Tiny wav2vec 2.0 checkpoints with random weights, made by the reference implementation, and sounds for them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

VOCABULARY = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4} | {
    letter: 5 + place for place, letter in enumerate("ETAONIHSRDL'")
}
SIZES: dict[str, Any] = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 32,
    "conv_dim": [16, 16, 16, 16, 16, 16, 16],
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
    "num_codevectors_per_group": 4,
    "codevector_dim": 8,
    "proj_codevector_dim": 8,
}
BASE: dict[str, Any] = {}
LARGE: dict[str, Any] = {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True}
ODD: dict[str, Any] = {"num_conv_pos_embeddings": 7, "feat_extract_norm": "layer", "hidden_act": "relu"}


def wav2vec2(form: dict[str, Any], kind: str = "Wav2Vec2ForCTC", seed: int = 0) -> Any:
    """A tiny network of the reference, with weights large enough to make a difference."""
    import transformers

    torch.manual_seed(seed)
    model = getattr(transformers, kind)(transformers.Wav2Vec2Config(**SIZES | form))
    with torch.no_grad():
        for name, each in model.named_parameters():
            noise = torch.randn_like(each) * (0.3 if each.dim() < 2 else 1.5 / each[0].numel() ** 0.5)
            kept = ("norm" in name and name.endswith("weight")) or name.endswith("original0")
            each.copy_(noise + 1 if kept else noise)
    return model.eval()


def wav2vec2_folder(folder: Path, form: dict[str, Any], seed: int = 0) -> Any:
    """A folder as the reference writes it; returns the reference's model."""
    import transformers

    model = wav2vec2(form, seed=seed)
    with torch.no_grad():  # no letter is the likeliest of itself, so that many are written
        model.lm_head.bias.sub_(model(torch.from_numpy(noise(2.0, 9)).unsqueeze(0)).logits.mean(dim=(0, 1)))
        for each in (model.lm_head.weight, model.lm_head.bias):
            each.mul_(5.0)
    model.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(VOCABULARY))
    tokenizer = transformers.Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    tokenizer.save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return model


def noise(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """A sound that changes as it goes on."""
    rng = np.random.default_rng(seed)
    count = round(seconds * 16_000)
    loud = np.repeat(rng.uniform(0.02, 0.3, count // 800 + 1), 800)[:count]
    pitch = np.cumsum(np.repeat(rng.uniform(0.02, 0.6, count // 1600 + 1), 1600)[:count])
    return ((rng.normal(0, 0.3, count) + np.sin(pitch)) * loud).astype(np.float32)
