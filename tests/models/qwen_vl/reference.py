"""Tiny random checkpoints of the Qwen-VL models, written by the reference implementation, with their processors."""

import json
from math import prod
from pathlib import Path
from typing import Any

import torch
from tests.models.tiny import drawn, letters_and_words
from torch import Tensor

from sensorium.encoders.vision_qwen import Cut, patches
from sensorium.inputs.carrier import ModelInputs

KINDS = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")
PATCH, FOLD, TUBELET = 4, 2, 2
SIDE = PATCH * FOLD
LEAST, MOST = 4 * SIDE**2, 60 * SIDE**2
SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>"),
    *("<|box_start|>", "<|box_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"),
)
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}"
    "{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LETTERS = ["You are a helpful assistant.", "What is this? user system the first frame of 0.5 seconds> a video\n\n"]
TEXT: dict[str, Any] = {
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}
VISION: dict[str, dict[str, Any]] = {
    "qwen2_vl": {"embed_dim": 32, "hidden_size": 48, "mlp_ratio": 2},
    "qwen2_5_vl": {
        "hidden_size": 32,
        "intermediate_size": 40,
        "out_hidden_size": 48,
        "window_size": 2 * SIDE,
        "fullatt_block_indexes": [1],
        "tokens_per_second": 2,
    },
    "qwen3_vl": {
        "hidden_size": 32,
        "intermediate_size": 40,
        "out_hidden_size": 48,
        "num_position_embeddings": 25,
        "deepstack_visual_indexes": [0, 1],
    },
}


def make(kind: str, vocabulary: int = 300) -> Any:
    """The reference's model of that type, its placeholders the last two ids but one."""
    import transformers as reference

    classes = {"qwen2_vl": "Qwen2VL", "qwen2_5_vl": "Qwen2_5_VL", "qwen3_vl": "Qwen3VL"}
    third = kind == "qwen3_vl"
    text = {
        **TEXT,
        "vocab_size": vocabulary,
        "rope_parameters": {"rope_theta": 1e4, "rope_type": "default", "mrope_section": [4 if third else 2, 2, 2]},
        **({"head_dim": 16} if third else {}),
    }
    cut = {"patch_size": PATCH, "temporal_patch_size": TUBELET, "spatial_merge_size": FOLD}
    config = getattr(reference, f"{classes[kind]}Config")(
        text_config=text,
        vision_config={"depth": 3, "num_heads": 4} | cut | VISION[kind],
        image_token_id=SPECIAL.index("<|image_pad|>"),
        video_token_id=SPECIAL.index("<|video_pad|>"),
        vision_start_token_id=SPECIAL.index("<|vision_start|>"),
        vision_end_token_id=SPECIAL.index("<|vision_end|>"),
    )
    config.text_config.bos_token_id = config.text_config.pad_token_id = 0
    config.text_config.eos_token_id = 2
    model = getattr(reference, f"{classes[kind]}ForConditionalGeneration")(config).eval()
    with torch.no_grad():
        for name, each in model.named_parameters():
            each.copy_(random_weight(name, tuple(each.shape)))
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = 2, 0
    return model


def random_weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """Numbers that depend on the (long) name alone, large enough that what was said and seen before counts."""
    numbers = drawn(name, shape)
    size = 0.3 if len(shape) == 1 else 1.2 / prod(shape[1:]) ** 0.5
    norm = name.endswith("weight") and ("norm" in name or "ln_q" in name)
    return numbers * size + (1.0 if norm else 0.0)


def long_name(name: str) -> str:
    """The newer form of a tensor's name."""
    if name.startswith("visual."):
        return f"model.{name}"
    if name.startswith("model.") and not name.startswith(("model.visual.", "model.language_model.")):
        return f"model.language_model.{name.removeprefix('model.')}"
    return name


def model_inputs(model: Any, inputs: ModelInputs, cut: Cut) -> dict[str, Any]:
    """What the reference's model takes for our inputs, films among them: patches, grids and seconds."""
    image, film = SPECIAL.index("<|image_pad|>"), SPECIAL.index("<|video_pad|>")
    given: dict[str, Any] = {
        "input_ids": inputs.ids,
        "attention_mask": torch.ones_like(inputs.ids) if inputs.present is None else inputs.present.long(),
        "mm_token_type_ids": (inputs.ids == image).int() + 2 * (inputs.ids == film).int(),
    }
    for batch in inputs.media:
        cubes = [patches(item, cut) for item in batch.features]  # [pairs of frames, P, numbers] each
        sizes = [(item.shape[2] // cut.patch, item.shape[3] // cut.patch) for item in batch.features]
        pixels, grid = ("pixel_values", "image_grid_thw")
        if batch.modality == "video":
            pixels, grid = ("pixel_values_videos", "video_grid_thw")
        given[pixels] = torch.cat([each.flatten(0, 1) for each in cubes])
        given[grid] = torch.tensor([[len(each), *size] for each, size in zip(cubes, sizes, strict=True)])
        if batch.times and model.config.model_type == "qwen2_5_vl":
            spacings = [float((times[-1] - times[0]) / (len(times) - 1)) for times in batch.times]
            given["second_per_grid_ts"] = torch.tensor([cut.tubelet * each for each in spacings])
    return given


def write(folder: Path, kind: str) -> tuple[Any, Any]:
    """Write a checkpoint of that model type. Returns: the reference's model and processor."""
    tokenizer = _tokenizer()
    model, processor = make(kind, len(tokenizer)), _processor(kind, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    for name, part in (("preprocessor_config", "image_processor"), ("video_preprocessor_config", "video_processor")):
        (folder / f"{name}.json").write_text(json.dumps(getattr(processor, part).to_dict(), default=str))
    return model, processor


def _tokenizer() -> Any:
    import transformers as reference

    inner = letters_and_words(LETTERS, SPECIAL, vocabulary=320)
    return reference.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        additional_special_tokens=list(SPECIAL[1:]),
        padding_side="left",
    )


def _processor(kind: str, tokenizer: Any) -> Any:
    """For films always Qwen3's: that of the others needs torchvision; none is run here."""
    from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
    from transformers.models.qwen2_vl.processing_qwen2_vl import Qwen2VLProcessor
    from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor
    from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor

    cut = {"patch_size": PATCH, "temporal_patch_size": TUBELET, "merge_size": FOLD}
    pictures = Qwen2VLImageProcessorPil(size={"shortest_edge": LEAST, "longest_edge": MOST}, **cut)
    films = Qwen3VLVideoProcessor(size={"shortest_edge": LEAST, "longest_edge": 4 * MOST}, **cut)
    classes = {"qwen2_vl": Qwen2VLProcessor, "qwen2_5_vl": Qwen2_5_VLProcessor, "qwen3_vl": Qwen3VLProcessor}
    base = classes[kind]

    class Processor(base):  # type: ignore[misc, valid-type]
        """The reference's, which without torchvision knows no class of processors for films."""

        def check_argument_for_proper_class(self, name: str, argument: Any) -> Any:
            if name == "video_processor":
                return type(argument)
            return super().check_argument_for_proper_class(name, argument)

    return Processor(pictures, tokenizer, films, chat_template=TEMPLATE)
