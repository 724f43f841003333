"""The smallest composed models that have every part, one for each way in which modalities meet."""

from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.config import apply_overrides, from_dict
from sensorium.models.composed.compose import compose
from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.folder import Model, save

PLAIN = """
encoders:
  image: {kind: native, sizes: {width: 16, layers: 2, heads: 2, hidden: 24, stem: [8, 8]}}
  audio: {kind: mel, sizes: {width: 16, layers: 2, heads: 2, hidden: 24, stem: [4, 4, 8]}}
  video: {kind: tubelet, sizes: {width: 24, layers: 2, heads: 2, hidden: 24, stem: [4, 8, 8]}}
connectors:
  image: {kind: resampler, queries: 4, layers: 1, heads: 2}
  audio: {kind: qformer, queries: 4, layers: 1, heads: 2}
  video: {kind: resampler, queries: 4, layers: 1, heads: 2}
language: {sizes: {vocabulary: 300, width: 32, layers: 2, heads: 4, kv_heads: 2, hidden: 48}}
inputs:
  image: {min_pixels: 1024, max_pixels: 4096}
  audio: {mel_bins: 16, max_seconds: 4.0}
  video: {max_frames: 4, min_pixels: 1024, max_pixels: 2304}
  max_tokens: 256
"""

ROWS = """connectors={image: {kind: shuffle, factors: [2, 2], hidden: 24},
audio: {kind: pool, factors: [2], hidden: 24}, video: {kind: linear}}"""

FUSIONS: dict[str, tuple[str, ...]] = {
    "tokens": (ROWS, "merging={image: 0.5}"),
    "mlp": ("connectors={}",),
    "concat": ("fusion.join=concat",),
    "sum": ("fusion.join=sum",),
    "middle": (ROWS, "fusion={kind: middle, after: [0, 1]}"),
    "late": (ROWS, "fusion={kind: late, weights: {image: 2.0, audio: 1.0, video: 1.0}, learned: true}"),
    "gated": ("fusion.kind=gated",),
}


def read(*overrides: str, text: str = PLAIN) -> ComposedConfig:
    data: dict[str, Any] = apply_overrides(yaml.safe_load(text), overrides, parse=yaml.safe_load)
    return from_dict(ComposedConfig, data, where="model.yaml")


def make(*overrides: str, text: str = PLAIN, seed: int = 0, tokenizer: Tokenizer | None = None) -> Model:
    """A model with random weights, as large as trained ones, so that what was said and shown counts."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = compose(read(*overrides, text=text), tokenizer=tokenizer)
        enlarge(model.network)
    return model


@torch.no_grad()
def enlarge(network: nn.Module) -> None:
    for name, weight in network.named_parameters():
        if name.endswith("language.embedding.weight"):
            weight.mul_(5.0)
        elif name.endswith(("attention.out.weight", "mlp.down.weight")):
            weight.mul_(3.0)
        elif "_gate." in name:
            weight.fill_(0.7)  # new gates are shut


def write(folder: Path, fusion: str = "tokens") -> Path:
    """A model folder."""
    save(folder, make(*FUSIONS[fusion]))
    return folder
