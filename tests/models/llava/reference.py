"""Tiny random checkpoints of LLaVA-1.5 and LLaVA-NeXT, written by the reference implementation, with processors."""

from pathlib import Path
from typing import Any

import torch
from tests.models.tiny import drawn, letters_and_words
from tokenizers import processors
from torch import Tensor

PATCH = 7
SPECIAL = ("<unk>", "<s>", "</s>", "<image>", "<pad>")
TEMPLATE = (
    "{% for message in messages %}{{ message['role'].upper() + ': ' }}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] + ' ' }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)
VOCABULARY = 350

_LANGUAGE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "eos_token_id": 2,
    "pad_token_id": 4,
}
_TOWER = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "patch_size": PATCH,
}
_CLIP: dict[str, Any] = {"model_type": "clip_vision_model", "image_size": 42, "projection_dim": 16, **_TOWER}
_SIGLIP: dict[str, Any] = {"model_type": "siglip_vision_model", "image_size": 45, **_TOWER}  # as 384 and 14


def pinpoints(tile: int) -> list[list[int]]:
    """The usual sizes, of tiles of this side."""
    return [[height * tile, width * tile] for height, width in ((1, 2), (2, 1), (2, 2), (3, 1), (1, 3))]


KINDS: dict[str, dict[str, Any]] = {
    "llava": {
        "model_type": "llava",
        "text_config": {"model_type": "llama", **_LANGUAGE},
        "vision_config": _CLIP,
    },
    "layers": {
        "model_type": "llava",
        "text_config": {"model_type": "mistral", "sliding_window": 30, **_LANGUAGE},
        "vision_config": _CLIP,
        "vision_feature_layer": [-2, 1],
        "vision_feature_select_strategy": "full",
        "projector_hidden_act": "relu",
        "multimodal_projector_bias": False,
    },
    "interleave": {
        "model_type": "llava",
        "text_config": {"model_type": "qwen2", "tie_word_embeddings": True, **_LANGUAGE},
        "vision_config": _SIGLIP,
        "vision_feature_layer": -1,
        "vision_feature_select_strategy": "full",
    },
    "next": {
        "model_type": "llava_next",
        "text_config": {"model_type": "mistral", "sliding_window": None, **_LANGUAGE},
        "vision_config": _CLIP,
        "image_grid_pinpoints": pinpoints(42),
    },
    "next_siglip": {
        "model_type": "llava_next",
        "text_config": {"model_type": "qwen2", **_LANGUAGE},
        "vision_config": {**_SIGLIP, "vision_use_head": False},
        "vision_feature_layer": -1,
        "vision_feature_select_strategy": "full",
        "image_grid_pinpoints": pinpoints(45),
    },
}


def make(kind: str) -> Any:
    """The reference's model, with weights that follow from their names."""
    import transformers as reference

    settings = {"image_token_index": SPECIAL.index("<image>"), **KINDS[kind]}
    tiled = settings.pop("model_type") == "llava_next"
    config = (reference.LlavaNextConfig if tiled else reference.LlavaConfig)(**settings)
    class_ = reference.LlavaNextForConditionalGeneration if tiled else reference.LlavaForConditionalGeneration
    model = class_(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(random_weight(old_name(name), tuple(weight.shape)))
    model.generation_config.eos_token_id = 2
    model.generation_config.pad_token_id = 4
    return model


def old_name(name: str) -> str:
    """The name under which a weight is written, from that in the reference's module."""
    for start, older in (
        ("lm_head.", "language_model.lm_head."),
        ("model.language_model.", "language_model.model."),
        ("model.vision_tower.", "vision_tower.vision_model."),
        ("model.", ""),
    ):
        if name.startswith(start):
            return older + name.removeprefix(start)
    return name


def random_weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """Numbers that depend on the name alone, large enough that what was said before counts."""
    size = 0.3 if len(shape) == 1 else 1.5 * shape[-1] ** -0.5
    numbers = drawn(name, shape)
    return numbers * size + (1.0 if "norm" in name or "layrnorm" in name else 0.0)


def write(folder: Path, kind: str) -> tuple[Any, Any]:
    """Write a checkpoint. Returns: the reference's model and processor."""
    model, processor = make(kind), make_processor(kind)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor


def make_processor(kind: str) -> Any:
    """The reference's processor, on Pillow."""
    from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
    from transformers.models.llava.processing_llava import LlavaProcessor
    from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
    from transformers.models.llava_next.processing_llava_next import LlavaNextProcessor
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    settings = KINDS[kind]
    side = settings["vision_config"]["image_size"]
    clip = settings["vision_config"]["model_type"].startswith("clip")
    cut: dict[str, Any] = {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}}
    if tiled := settings["model_type"] == "llava_next":
        pictures = LlavaNextImageProcessorPil(**cut, image_grid_pinpoints=settings["image_grid_pinpoints"])
    elif clip:
        pictures = LlavaImageProcessorPil(**cut, do_pad=kind == "layers")
    else:
        pictures = SiglipImageProcessorPil(size={"height": side, "width": side})
    return (LlavaNextProcessor if tiled else LlavaProcessor)(
        pictures,
        make_tokenizer(),
        patch_size=PATCH,
        num_additional_image_tokens=int(clip),
        vision_feature_select_strategy=settings.get("vision_feature_select_strategy", "default"),
        chat_template=TEMPLATE,
    )


def make_tokenizer() -> Any:
    """Letters with a few words, and a BOS before every text, as Llama's."""
    import transformers as reference

    inner = letters_and_words(
        ["What is this? USER: ASSISTANT: the first picture and the second\n\n"], SPECIAL, vocabulary=VOCABULARY - 20
    )
    inner.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return reference.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=["<image>"],
        padding_side="left",
    )
