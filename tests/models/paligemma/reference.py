"""Tiny random checkpoints of PaliGemma 1 and 2, written by the reference implementation, with processors."""

from pathlib import Path
from typing import Any

import torch
from tests.models.tiny import drawn
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor

SIDE, PATCH = 42, 7
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<image>")
VOCABULARY = 1600

LANGUAGE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 2048,
    "eos_token_id": 1,
    "pad_token_id": 0,
    "bos_token_id": 2,
}
TOWER: dict[str, Any] = {
    "model_type": "siglip_vision_model",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "patch_size": PATCH,
    "image_size": SIDE,
}
_BOTH = {"model_type": "paligemma", "image_token_index": 5, "projection_dim": 48, "hidden_size": 48}
_GEMMA2 = {
    "model_type": "gemma2",
    "num_key_value_heads": 2,
    "sliding_window": 12,
    "query_pre_attn_scalar": 20,
    "attn_logit_softcapping": 5.0,
    "final_logit_softcapping": 3.0,
}
KINDS: dict[str, dict[str, Any]] = {
    "paligemma": {
        **_BOTH,
        "text_config": {"model_type": "gemma", **LANGUAGE},
        "vision_config": {**TOWER, "vision_use_head": False},
    },
    "paligemma2": {**_BOTH, "text_config": {**LANGUAGE, **_GEMMA2}, "vision_config": TOWER},
}


def make(kind: str) -> Any:
    """The reference's model, with weights that follow from their names."""
    import transformers as reference

    settings = {key: value for key, value in KINDS[kind].items() if key != "model_type"}
    return filled(reference.PaliGemmaForConditionalGeneration(reference.PaliGemmaConfig(**settings)))


def filled(model: Any) -> Any:
    """The same model with weights that follow from their names."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(random_weight(old_name(name), tuple(weight.shape)))
    model.generation_config.eos_token_id = 1
    model.generation_config.pad_token_id = 0
    return model.eval()


def old_name(name: str) -> str:
    """The name under which a weight is written, from that in the reference's module."""
    for start, older in (
        ("lm_head.", "language_model.lm_head."),
        ("model.language_model.", "language_model.model."),
        ("model.vision_tower.vision_model.", "vision_tower.vision_model."),
        ("model.vision_tower.", "vision_tower.vision_model."),
        ("model.", ""),
    ):
        if name.startswith(start):
            return older + name.removeprefix(start)
    return name


def random_weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """Numbers that depend on the name alone, large enough that what was said before counts."""
    size = 0.3 if len(shape) == 1 else 1.5 * shape[-1] ** -0.5
    size *= 0.2 if "embed_tokens" in name else 1.0  # Gemma multiplies by the root of the width
    numbers = drawn(name, shape)
    return numbers * size + (1.0 if "norm" in name and name.startswith("vision_tower") else 0.0)


def write(folder: Path, kind: str) -> tuple[Any, Any]:
    """Write a checkpoint. Returns: the reference's model and processor."""
    model, processor = make(kind), make_processor()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor


def make_processor() -> Any:
    """The reference's processor, on Pillow."""
    from transformers.models.paligemma.processing_paligemma import PaliGemmaProcessor
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    pictures = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}, image_seq_length=(SIDE // PATCH) ** 2)
    return PaliGemmaProcessor(pictures, make_tokenizer(SPECIAL, {"image_token": "<image>"}))


def make_inner(special: tuple[str, ...]) -> Tokenizer:
    """Letters and a few words in Gemma's manner: bytes for the unknown, "▁" for spaces, line breaks of their own."""
    merges = [("\n", "\n"), ("t", "h"), ("th", "e"), ("▁", "the"), ("i", "s"), ("▁", "is")]
    letters = [chr(code) for code in range(33, 127)]
    listed = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "\n", *letters, *map("".join, merges)]
    inner = Tokenizer(
        models.BPE({each: id_ for id_, each in enumerate(listed)}, merges, unk_token="<unk>", byte_fallback=True)
    )
    inner.normalizer = normalizers.Replace(" ", "▁")
    inner.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    inner.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    inner.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    inner.add_special_tokens(list(special))
    return inner


def make_tokenizer(special: tuple[str, ...], media: dict[str, str]) -> Any:
    """The same as the reference's; `media` are the names of the tokens that stand for pictures."""
    import transformers as reference

    return reference.PreTrainedTokenizerFast(
        tokenizer_object=make_inner(special),
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        extra_special_tokens=media,
        padding_side="left",
    )
