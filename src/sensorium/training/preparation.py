"""Samples to talks in worker processes, in step order; and the tokenizer that a run begins with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch.utils.data import DataLoader, Dataset

from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import ConfigError
from sensorium.data.catalog import domain
from sensorium.data.mixture import Mixture, messages
from sensorium.data.sample import Domain
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Talk
from sensorium.training.lesson import Lesson, prepare
from sensorium.training.recipe import Recipe

MicroBatch = tuple[str, list[Lesson]]
"""The name of a domain and lessons about its samples."""


class Steps(Dataset[list[MicroBatch]]):
    """The micro-batches of every step, made when asked for."""

    def __init__(self, mixture: Mixture, assembler: Assembler, steps: int) -> None:
        self.mixture = mixture
        self.assembler = assembler
        self.steps = steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> list[MicroBatch]:
        batches = []
        for name, samples in self.mixture.samples(step):
            answered = self.mixture.shares[name].answered or len(samples)
            lessons = [prepare(each, self.assembler, answered=place < answered) for place, each in enumerate(samples)]
            batches.append((name, lessons))
        return batches


def stream(steps: Steps, *, start: int, workers: int) -> Iterator[list[MicroBatch]]:
    """Micro-batches of the steps from `start` on, in order, made ahead by worker processes."""
    loader = DataLoader(
        steps,
        batch_size=None,
        sampler=range(start, len(steps)),
        num_workers=workers,
        collate_fn=_unchanged,
        prefetch_factor=4 if workers else None,
    )
    return iter(loader)


def build_mixture(recipe: Recipe) -> Mixture:
    """The domains of a recipe, ready to be drawn from. Raises: UsageError for an unknown domain."""
    domains = {name: domain(name, Path(recipe.data_root)) for name in recipe.mixture}
    return Mixture(recipe.mixture, recipe.seed, recipe.micro_batches, domains)


def train_tokenizer(recipe: Recipe, mixture: Mixture) -> Tokenizer:
    """Byte-level BPE over questions and answers of every domain; letter-by-letter answers teach no merges.

    Raises: ConfigError when the model's vocabulary is too small for any.
    """
    texts: list[str] = []
    for number, each in enumerate(mixture.domains.values()):
        rng = np.random.default_rng([recipe.seed, 0, number])
        for _ in range(recipe.tokenizer_samples):
            for turn in each.train(rng).turns:
                texts.append(turn.question)
                texts.extend([turn.answer] * (turn.measure != "characters"))
    room = recipe.model.language.vocabulary
    tokenizer = Tokenizer.train(texts, vocabulary=room, special=SPECIAL_TOKENS)
    if tokenizer.vocabulary > room:
        raise ConfigError(
            f"recipe: model.language.vocabulary is {room}; bytes and special tokens alone are {tokenizer.vocabulary}. "
            "Give a larger one."
        )
    return tokenizer


def validation_talks(each: Domain, assembler: Assembler, count: int) -> list[Talk]:
    """Talks about `count` validation samples spread evenly over all of them."""
    chosen = np.linspace(0, each.validation_size - 1, min(count, each.validation_size)).astype(int)
    samples = [each.validation(int(index)) for index in chosen]
    return [assembler.talk(messages(sample), ask=False) for sample in samples]


def _unchanged(batch: list[MicroBatch]) -> list[MicroBatch]:
    return batch
