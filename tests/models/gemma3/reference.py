"""Tiny random checkpoints of Gemma 3 with pictures, written by the reference implementation, with processors."""

from pathlib import Path
from typing import Any

from tests.models.paligemma.reference import LANGUAGE, TOWER, filled, make_tokenizer

SIDE, ROWS = 40, 16
START, ROW, STOP = "<start_of_image>", "<image_soft_token>", "<end_of_image>"
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>", START, STOP, ROW)
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\n' }}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<start_of_image>' }}{% else %}{{ part['text'] | trim }}{% endif %}"
    "{% endfor %}{{ '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
_LANGUAGE = {
    "model_type": "gemma3_text",
    **LANGUAGE,
    "num_hidden_layers": 7,
    "num_key_value_heads": 2,
    "vocab_size": 400,
    "query_pre_attn_scalar": 20,
    "sliding_window": 17,
    "rope_scaling": {"rope_type": "linear", "factor": 8.0},
}
KINDS: dict[str, dict[str, Any]] = {
    "whole": {
        "model_type": "gemma3",
        "text_config": _LANGUAGE,
        "vision_config": {**TOWER, "image_size": SIDE, "patch_size": 5},
        "image_token_index": SPECIAL.index(ROW),
        "boi_token_index": SPECIAL.index(START),
        "eoi_token_index": SPECIAL.index(STOP),
        "mm_tokens_per_image": ROWS,
    }
}
KINDS["pieces"] = KINDS["whole"]
PAN: dict[str, Any] = {
    "do_pan_and_scan": True,
    "pan_and_scan_min_crop_size": 20,
    "pan_and_scan_max_num_crops": 3,
    "pan_and_scan_min_ratio_to_activate": 1.2,
}


def make(kind: str) -> Any:
    """The reference's model, with weights that follow from their names."""
    import transformers as reference

    settings = {key: value for key, value in KINDS[kind].items() if key != "model_type"}
    settings["text_config"] = {**settings["text_config"]}
    return filled(reference.Gemma3ForConditionalGeneration(reference.Gemma3Config(**settings)))


def write(folder: Path, kind: str) -> tuple[Any, Any]:
    """Write a checkpoint. Returns: the reference's model and processor."""
    model, processor = make(kind), make_processor(kind)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor


def make_processor(kind: str) -> Any:
    """The reference's processor, on Pillow; the folder of "pieces" says that long pictures are cut."""
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
    from transformers.models.gemma3.processing_gemma3 import Gemma3Processor

    cut = PAN if kind == "pieces" else {}
    return Gemma3Processor(
        Gemma3ImageProcessorPil(size={"height": SIDE, "width": SIDE}, **cut),
        make_tokenizer(SPECIAL, {"boi_token": START, "eoi_token": STOP, "image_token": ROW}),
        chat_template=TEMPLATE,
        image_seq_length=ROWS,
    )
