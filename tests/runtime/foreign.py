"""Tiny random checkpoints of families that the reference has and we do not, with their processors."""

from pathlib import Path
from typing import Any

import torch
from tests.models.llava.reference import KINDS, PATCH, SPECIAL, TEMPLATE, make_tokenizer

SIDE = 42


def write_vipllava(folder: Path) -> tuple[Any, Any]:
    """Pictures and text. Returns: the reference's model and processor."""
    import transformers as reference
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.llava.processing_llava import LlavaProcessor

    config = reference.VipLlavaConfig(
        text_config=KINDS["llava"]["text_config"],
        vision_config=KINDS["llava"]["vision_config"],
        vision_feature_layers=[-2, -1, 1],
        image_token_index=SPECIAL.index("<image>"),
    )
    pictures = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    processor = LlavaProcessor(
        pictures,
        make_tokenizer(),
        patch_size=PATCH,
        num_additional_image_tokens=1,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
    )
    return _written(folder, reference.VipLlavaForConditionalGeneration, config, processor)


def _written(folder: Path, class_: Any, config: Any, processor: Any) -> tuple[Any, Any]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = class_(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4.0)  # so that what was said before counts
    model.generation_config.eos_token_id = 2
    model.generation_config.pad_token_id = 4
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor
