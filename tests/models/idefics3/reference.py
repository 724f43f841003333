"""Tiny random checkpoints of Idefics3 and SmolVLM, written by the reference implementation, with their processors."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

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


def write(folder: Path, kind: str) -> tuple[Any, Any]:
    """Write a checkpoint of that model type. Returns: the reference's model and processor."""
    import transformers as reference

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(LETTERS * 3, trainer)
    tokenizer = reference.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<|im_end|>",
        eos_token="<end_of_utterance>",
        additional_special_tokens=list(SPECIAL[1:]),
        padding_side="left",
    )
    processor = _processor(kind, tokenizer)
    config_class = {"idefics3": reference.Idefics3Config, "smolvlm": reference.SmolVLMConfig}[kind]
    config = config_class(
        text_config={
            "model_type": "llama",
            "vocab_size": len(tokenizer),
            "hidden_size": 48,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 6,
            "num_key_value_heads": 2,
            "max_position_embeddings": 4096,
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": TILE,
            "patch_size": PATCH,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=FOLD,
    )
    model_class = {
        "idefics3": reference.Idefics3ForConditionalGeneration,
        "smolvlm": reference.SmolVLMForConditionalGeneration,
    }[kind]
    torch.manual_seed(0)
    model = model_class(config).eval()
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model, processor


def _processor(kind: str, tokenizer: Any) -> Any:
    """Of both kinds Idefics3's: SmolVLM's is the same for pictures, but needs torchvision, and num2words for films."""
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
    from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    sizes = {"size": {"longest_edge": 3 * TILE}, "max_image_size": {"longest_edge": TILE}}
    rows = (TILE // PATCH // FOLD) ** 2
    pictures = (Idefics3ImageProcessorPil if kind == "idefics3" else SmolVLMImageProcessorPil)(**sizes)
    return Idefics3Processor(pictures, tokenizer, image_seq_len=rows, chat_template=TEMPLATE)
