"""Tiny CLIP and SigLIP checkpoints with random weights, made by the reference implementation, and ours of them."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

TEXT: dict[str, Any] = {
    "vocab_size": 530,
    "hidden_size": 32,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 16,
    "projection_dim": 24,
    "bos_token_id": 528,
    "eos_token_id": 529,
    "pad_token_id": 1,
}
VISION: dict[str, Any] = {
    "hidden_size": 48,
    "intermediate_size": 56,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "image_size": 30,
    "patch_size": 7,  # leaves two pixels over
    "projection_dim": 24,
}
SIGLIP_TEXT: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 32,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
    "projection_size": 48,
    "bos_token_id": 0,
    "eos_token_id": 1,
}
SIGLIP_VISION: dict[str, Any] = {name: value for name, value in VISION.items() if name != "projection_dim"}


def seeded(model: Any, seed: int = 0) -> Any:
    """The model with weights large enough to make a difference."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, each in model.named_parameters():
            if name.endswith(("logit_scale", "logit_bias")):
                continue
            noise = torch.randn_like(each) * (0.5 if each.dim() < 2 else 1.2 / each[0].numel() ** 0.5)
            each.copy_(noise + 1 if "norm" in name and name.endswith("weight") else noise)
    return model.eval()


def clip(text: dict[str, Any] | None = None, vision: dict[str, Any] | None = None) -> Any:
    """A whole CLIP of the reference; arguments change its sections."""
    import transformers

    config = transformers.CLIPConfig(
        text_config=TEXT | (text or {}), vision_config=VISION | (vision or {}), projection_dim=24
    )
    return seeded(transformers.CLIPModel(config))


def siglip(text: dict[str, Any] | None = None, vision: dict[str, Any] | None = None) -> Any:
    """A whole SigLIP of the reference; arguments change its sections."""
    import transformers

    config = transformers.SiglipConfig(
        text_config=SIGLIP_TEXT | (text or {}), vision_config=SIGLIP_VISION | (vision or {})
    )
    model = seeded(transformers.SiglipModel(config))
    with torch.no_grad():
        model.logit_scale.fill_(2.0)
        model.logit_bias.fill_(-1.5)
    return model


def saved(model: Any, folder: Path) -> Path:
    """The folder that the reference writes."""
    model.save_pretrained(folder)
    return folder


def pictures(items: int, height: int = 30, width: int = 30) -> Tensor:
    """Normalised pixels [items, 3, height, width], always the same."""
    return torch.randn(items, 3, height, width, generator=torch.Generator().manual_seed(1))


def old_names(folder: Path, prefix: str) -> None:
    """Make a folder as older versions wrote a tower: every name under the prefix, and a buffer beside the weights."""
    tensors = load_file(folder / "model.safetensors")
    kept = (prefix, "visual_projection.", "text_projection.")
    old = {name if name.startswith(kept) else prefix + name: each for name, each in tensors.items()}
    old[f"{prefix}embeddings.position_ids"] = torch.arange(17)[None]
    save_file(old, folder / "model.safetensors", metadata={"format": "pt"})
