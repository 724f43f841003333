"""Tiny random checkpoints of Llama 3.2 Vision, written by the reference implementation, with their processors."""

from pathlib import Path
from typing import Any

import torch
from tests.models.tiny import drawn, letters_and_words
from tokenizers import processors
from torch import Tensor

TILE, PATCH = 28, 7
SAID = 330
SPECIAL = (
    *("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    "<|finetune_right_pad_id|>",
)
BEGIN, PAD = 0, SPECIAL.index("<|finetune_right_pad_id|>")
PICTURE = SAID  # the first id that is read and never said, as in the published files
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<|image|>' }}{% else %}{{ part['text'] | trim }}{% endif %}"
    "{% endfor %}{% endif %}{{ '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)

_TEXT: dict[str, Any] = {
    "vocab_size": SAID,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 6,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "cross_attention_layers": [2, 4],
    "bos_token_id": BEGIN,
    "eos_token_id": SPECIAL.index("<|eot_id|>"),
    "pad_token_id": PAD,
}
_VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_global_layers": 2,
    "attention_heads": 2,
    "image_size": TILE,
    "patch_size": PATCH,
    "intermediate_layers_indices": [0, 2],
    "vision_output_dim": 96,
}
KINDS: dict[str, dict[str, Any]] = {
    "four": {"text_config": _TEXT, "vision_config": _VISION},
    "three": {
        "text_config": {
            **_TEXT,
            "cross_attention_layers": [1, 4],
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 500.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
        },
        "vision_config": {
            **_VISION,
            "max_num_tiles": 3,
            "supported_aspect_ratios": [[1, 1], [1, 2], [1, 3], [2, 1], [3, 1]],
            "intermediate_layers_indices": [3],
            "vision_output_dim": 64,
        },
    },
}


def make(kind: str) -> Any:
    """The reference's model, with weights that follow from their names."""
    import transformers as reference

    config = reference.MllamaConfig(**KINDS[kind], image_token_index=PICTURE)
    model = reference.MllamaForConditionalGeneration(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(random_weight(old_name(name), tuple(weight.shape)))
    model.generation_config.eos_token_id = SPECIAL.index("<|eot_id|>")
    model.generation_config.pad_token_id = PAD
    return model


def skip_before_pictures(model: Any) -> Any:
    """The same model, whose text before the first picture passes by the layers that look at pictures.

    So it does in the code with which the model was trained. transformers 5.23 has it pass by their feed-forward only:
    their attention looks everywhere, at what comes later and at padding.
    """
    for layer in model.model.language_model.layers:
        if hasattr(layer, "cross_attn"):
            _skip_blind(layer)
    return model


def _skip_blind(layer: Any) -> None:
    sees: list[Any] = [None]

    def remember(_: Any, args: Any, kwargs: dict[str, Any]) -> None:
        sees[0] = kwargs["full_text_row_masked_out_mask"]

    def leave_out(_: Any, args: Any, output: tuple[Tensor, Any]) -> tuple[Tensor, Any]:
        return (output[0] if sees[0] is None else output[0] * sees[0][:, 0], output[1])

    layer.register_forward_pre_hook(remember, with_kwargs=True)
    layer.cross_attn.register_forward_hook(leave_out)


def old_name(name: str) -> str:
    """The name under which a weight is written, from that in the reference's module."""
    for start, older in (
        ("lm_head.", "language_model.lm_head."),
        ("model.language_model.", "language_model.model."),
        ("model.", ""),
    ):
        if name.startswith(start):
            return older + name.removeprefix(start)
    return name


def random_weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """Numbers that depend on the name alone, large enough that what was said before counts; gates stand half open."""
    size = 0.3 if len(shape) == 1 else 1.5 * shape[-1] ** -0.5
    if "tile_embedding" in name or "tile_positional" in name:
        size = 0.5  # of a table whose rows are those of several tiles
    numbers = drawn(name, shape)
    return numbers * size + (1.0 if "norm" in name else 0.7 if "gate" in name.rsplit(".", 1)[-1] else 0.0)


def write(folder: Path, kind: str) -> tuple[Any, Any]:
    """Write a checkpoint. Returns: the reference's model and processor."""
    model, processor = make(kind), make_processor(kind)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor


def make_processor(kind: str) -> Any:
    """The reference's processor, on Pillow."""
    from transformers.models.mllama.processing_mllama import MllamaProcessor

    return MllamaProcessor(make_pictures(kind), make_tokenizer(), chat_template=TEMPLATE)


def make_pictures(kind: str) -> Any:
    """What prepares its pictures."""
    from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil

    most = KINDS[kind]["vision_config"].get("max_num_tiles", 4)
    return MllamaImageProcessorPil(size={"height": TILE, "width": TILE}, max_image_tiles=most)


def make_tokenizer() -> Any:
    """Letters with a few words, a BOS before every text as Llama's, and the picture's token behind all others."""
    import transformers as reference

    words = "What is this? Which of them is the first picture and which the second? user assistant system another\n\n"
    inner = letters_and_words([words], SPECIAL, vocabulary=SAID)
    inner.add_special_tokens([f"<|reserved_{id_}|>" for id_ in range(inner.get_vocab_size(), SAID)])
    inner.add_special_tokens(["<|image|>"])
    inner.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", BEGIN)]
    )
    return reference.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<|begin_of_text|>",
        eos_token="<|eot_id|>",
        pad_token="<|finetune_right_pad_id|>",
        additional_special_tokens=["<|image|>"],
        padding_side="left",
    )
