"""What tiny random checkpoints of many families have in common: weights that depend on their names, a tokenizer."""

from collections.abc import Sequence
from zlib import crc32

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor


def drawn(name: str, shape: tuple[int, ...]) -> Tensor:
    """Normal numbers that depend on the name alone."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(crc32(name.encode())))


def letters_and_words(words: Sequence[str], special: Sequence[str], *, vocabulary: int) -> Tokenizer:
    """Letters with a few words. Args: vocabulary: the most ids, special ones included, which come first."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator([*words] * 3, trainer)
    return inner
