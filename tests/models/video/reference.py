"""Tiny VideoMAE and TimeSformer checkpoints with random weights, made by the reference, and films for them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.models.dual.reference import seeded
from torch import Tensor

from sensorium.media.types import VideoClip

LABELS = ("walking", "eating spaghetti", "jumping", "café, naïvement")
NAMED = {"id2label": dict(enumerate(LABELS)), "label2id": {label: index for index, label in enumerate(LABELS)}}

VIDEOMAE: dict[str, Any] = {
    "image_size": 24,
    "patch_size": 8,
    "num_frames": 6,
    "tubelet_size": 2,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 32,
    "decoder_num_attention_heads": 2,
    "decoder_hidden_size": 12,
    "decoder_num_hidden_layers": 1,
    "decoder_intermediate_size": 16,
}
TIMESFORMER: dict[str, Any] = {
    "image_size": 24,
    "patch_size": 8,
    "num_frames": 4,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 32,
}


def theirs(kind: str, **changes: Any) -> Any:
    """A model of the reference: its class by name, and what its config has other than the tiny one."""
    import transformers

    videomae = kind.startswith("VideoMAE")
    cls = transformers.VideoMAEConfig if videomae else transformers.TimesformerConfig
    model = getattr(transformers, kind)(cls(**(VIDEOMAE if videomae else TIMESFORMER) | NAMED | changes))
    seeded(model)
    with torch.no_grad():  # of places that all rows get, large ones: else no test would miss them
        for name, each in model.named_parameters():
            if each.dim() == 3:
                each.copy_(torch.randn_like(each) * (0 if name == "mask_token" else 0.7))
    return model


def saved(model: Any, folder: Path, **settings: Any) -> Path:
    """The folder that the reference writes, with a processor's config beside it."""
    model.save_pretrained(folder)
    side = model.config.image_size
    processor = {
        "image_processor_type": "VideoMAEImageProcessor",
        "size": {"shortest_edge": side},
        "crop_size": {"height": side, "width": side},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(processor | settings))
    return folder


def clips(items: int, frames: int, side: int = 24) -> Tensor:
    """Normalised pixels [items, frames, 3, side, side], always the same."""
    return torch.randn(items, frames, 3, side, side, generator=torch.Generator().manual_seed(1))


def film(frames: int, height: int = 30, width: int = 41, rate: float = 25.0) -> VideoClip:
    """A film of noise at a constant rate."""
    pixels = np.random.default_rng(frames).integers(0, 256, (frames, height, width, 3), np.uint8)
    return VideoClip(pixels, np.arange(frames) / rate, frames / rate, source="film.mp4")
