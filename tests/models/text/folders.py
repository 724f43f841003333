"""Tiny random chat models as folders: config, weights, tokenizer and template. Written without the reference."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.models.text.references import KINDS, SIZES, random_weight
from tests.models.tiny import letters_and_words
from tokenizers import AddedToken, Tokenizer, processors

from sensorium.models.text.config import read_config
from sensorium.models.text.model import build, key_map
from sensorium.weights.loading import save_checkpoint

VOCABULARY = 340
CONTEXT = 128
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{{ message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
ZEPHYR = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


class Chat(NamedTuple):
    """A model of `references.KINDS` that chats.

    special: tokens, the first of which is written before every text if `framed`; then that which ends an answer.
    """

    kind: str
    template: str
    special: tuple[str, ...]
    framed: bool = False


CHATS = {
    "smollm2": Chat("smollm2", CHATML, ("<|im_start|>", "<|im_end|>")),
    "tinyllama": Chat("llama", ZEPHYR, ("<s>", "</s>"), framed=True),
    "gemma2": Chat("gemma2", GEMMA, ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"), framed=True),
    "qwen3": Chat("qwen3", CHATML, ("<|im_start|>", "<|im_end|>", "<|endoftext|>")),
}


def write(folder: Path, name: str) -> Path:
    """Write the chat model of that name. Returns: the folder."""
    chat = CHATS[name]
    model_type, options = KINDS[chat.kind]
    sizes = {"model_type": model_type, "vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT}
    config: dict[str, Any] = {**SIZES, **options, **sizes, "eos_token_id": 1}
    decoder = read_config(config)
    network = build(decoder)
    network.requires_grad_(False)
    for key, view in key_map(decoder).write(network.state_dict()).items():
        view.copy_(random_weight(key, tuple(view.shape), model_type))
    save_checkpoint(folder, network, key_map(decoder), dtype=None, config=config)
    make_tokenizer(chat).save(str(folder / "tokenizer.json"))
    named = {"bos_token": chat.special[0], "eos_token": chat.special[1], "chat_template": chat.template}
    table = {"tokenizer_class": "PreTrainedTokenizerFast", "padding_side": "left", "pad_token": chat.special[1]}
    (folder / "tokenizer_config.json").write_text(json.dumps(table | named))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [1, len(chat.special) - 1]}))
    return folder


def make_tokenizer(chat: Chat) -> Tokenizer:
    """Letters with a few words, `<think>` among them, which is no special token."""
    inner = letters_and_words(
        ["What is this? user assistant the first and the second\n\n"], chat.special, vocabulary=VOCABULARY - 20
    )
    inner.add_tokens([AddedToken("<think>", normalized=False)])
    if chat.framed:
        start = chat.special[0]
        inner.post_processor = processors.TemplateProcessing(single=f"{start} $A", special_tokens=[(start, 0)])
    return inner
