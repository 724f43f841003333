"""Tiny random checkpoints of Idefics3 and SmolVLM, written by the reference implementation, with their processors."""

from math import prod
from pathlib import Path
from typing import Any

import torch
from tests.models.tiny import drawn, letters_and_words
from tokenizers import Tokenizer
from torch import Tensor

TILE, PATCH, FOLD = 56, 7, 2
SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<end_of_utterance>"),
    *("<fake_token_around_image>", "<image>", "<global-img>"),
    *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
)
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}"
    "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
LETTERS = [
    "What is this? User: Assistant: the first frame from a video\n\n\n",
    "You are provided the following series of",
]


CONFIG: dict[str, Any] = {
    "text_config": {
        "model_type": "llama",
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "pad_token_id": SPECIAL.index("<|im_end|>"),
        "eos_token_id": SPECIAL.index("<end_of_utterance>"),
    },
    "vision_config": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": TILE,
        "patch_size": PATCH,
    },
    "image_token_id": SPECIAL.index("<image>"),
    "scale_factor": FOLD,
}


def make(kind: str, vocabulary: int = 300) -> Any:
    """The reference's model of that type, with weights that follow from their names."""
    import transformers as reference

    name = {"idefics3": "Idefics3", "smolvlm": "SmolVLM"}[kind]
    settings = {**CONFIG, "text_config": {**CONFIG["text_config"], "vocab_size": vocabulary}}
    config = getattr(reference, f"{name}Config")(**settings)
    model = getattr(reference, f"{name}ForConditionalGeneration")(config).eval()
    with torch.no_grad():
        for weight_name, weight in model.named_parameters():
            weight.copy_(random_weight(weight_name, tuple(weight.shape)))
    model.generation_config.eos_token_id = config.text_config.eos_token_id
    model.generation_config.pad_token_id = config.text_config.pad_token_id
    return model


def random_weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """Numbers that depend on the name alone, large enough that what was said and seen before counts."""
    numbers = drawn(name, shape)
    size = 0.3 if len(shape) == 1 else 1.5 / prod(shape[1:]) ** 0.5
    return numbers * size + (1.0 if "norm" in name and name.endswith("weight") else 0.0)


def write(folder: Path, kind: str) -> tuple[Any, Any]:
    """Write a checkpoint of that model type. Returns: the reference's model and processor."""
    tokenizer = _tokenizer()
    model, processor = make(kind, len(tokenizer)), _processor(kind, tokenizer)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor


def inner_tokenizer() -> Tokenizer:
    """Letters with a few words."""
    return letters_and_words(LETTERS, SPECIAL, vocabulary=420)


def _tokenizer() -> Any:
    import transformers as reference

    return reference.PreTrainedTokenizerFast(
        tokenizer_object=inner_tokenizer(),
        pad_token="<|im_end|>",
        eos_token="<end_of_utterance>",
        additional_special_tokens=list(SPECIAL[1:]),
        padding_side="left",
    )


def _processor(kind: str, tokenizer: Any) -> Any:
    """Of both kinds Idefics3's: SmolVLM's is the same for pictures, but needs torchvision, and num2words for films."""
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
    from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    sizes = {"size": {"longest_edge": 3 * TILE}, "max_image_size": {"longest_edge": TILE}}
    rows = (TILE // PATCH // FOLD) ** 2
    pictures = (Idefics3ImageProcessorPil if kind == "idefics3" else SmolVLMImageProcessorPil)(**sizes)
    return Idefics3Processor(pictures, tokenizer, image_seq_len=rows, chat_template=TEMPLATE)
