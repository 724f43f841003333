"""Samples to talks in worker processes, in step order; and the tokenizer that a run begins with."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
from torch.utils.data import DataLoader, Dataset

from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import ConfigError, InputError, UnreadableMedia
from sensorium.data.catalog import domain, file_domain
from sensorium.data.matches.catalog import matches
from sensorium.data.mixture import Mixture, Share
from sensorium.data.records.domain import RecordDomain
from sensorium.data.records.skipped import Skipped
from sensorium.data.records.told import Told
from sensorium.data.sample import Domain, Sample
from sensorium.training.lesson import Lesson
from sensorium.training.objective import Tutor
from sensorium.training.pairs import PairDomain, pair_domain
from sensorium.training.recipe import Recipe

MicroBatch = tuple[str, list[Lesson]]
"""The name of a domain and lessons about its samples."""

SKIPPED = "skipped.jsonl"
"""The list of records that are left out, in the folder of a run."""

TRIES = 8
"""Records that are drawn for one that the model takes, at most."""


class Steps(Dataset[list[MicroBatch]]):
    """The micro-batches of every step, made when asked for."""

    def __init__(self, mixture: Mixture, tutor: Tutor, steps: int, draws: range = range(1)) -> None:
        """Of a run of so many steps.

        Args:
            mixture: what samples are drawn from.
            tutor: makes lessons of them.
            steps: of the run.
            draws: those of each step that are made here: numbers of an even share of all draws.
        """
        self.mixture = mixture
        self.tutor = tutor
        self.steps = steps
        self.draws = draws

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> list[MicroBatch]:
        all_draws = self.draws.step * len(self.draws)
        return [
            (name, self._lessons(name, samples))
            for draw in self.draws
            for name, samples in self.mixture.draws(step * all_draws + draw)
        ]

    def _lessons(self, name: str, samples: Iterator[Sample]) -> list[Lesson]:
        """As many as the batch has; a record that the model cannot take is noted, and the next one taken.

        Raises: InputError for a sample that is no record; UnreadableMedia after too many records.
        """
        share, each = self.mixture.shares[name], self.mixture.domains[name]
        lessons: list[Lesson] = []
        for sample in islice(samples, TRIES * share.batch):
            try:
                lessons.append(self.tutor(sample, answered=len(lessons) < (share.answered or share.batch)))
            except InputError as error:
                _note(each, sample, error)
            if len(lessons) == share.batch:
                return lessons
        raise UnreadableMedia(
            f"{name}: of {TRIES * share.batch} records this model takes {len(lessons)}; expected {share.batch} for a "
            "batch. See which with: sensorium data check FILE --model M"
        )


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


def build_mixture(recipe: Recipe, given: Mapping[str, Domain] | None = None) -> Mixture:
    """The domains of a recipe, ready to be drawn from; what is left out of files is listed beside the run.

    Args:
        recipe: its mixture names them.
        given: those that are there already, by their name in the mixture; the catalogue and files have the others.

    Raises: ConfigError for a given one that the mixture does not name, or has a file for; UsageError for an unknown
    domain; InputError for a file that has no records.
    """
    given = given or {}
    for name in given:
        if name not in recipe.mixture or recipe.mixture[name].file is not None:
            raise ConfigError(
                f"recipe: got the domain '{name}' to draw from, but the mixture has "
                f"{'a file of this name' if name in recipe.mixture else ', '.join(recipe.mixture)}; expected its name "
                "there, without a file. Correct the mixture."
            )
    skipped = Skipped(Path(recipe.output) / SKIPPED)
    return Mixture(
        recipe.mixture,
        recipe.seed,
        recipe.micro_batches,
        {name: given.get(name) or _domain(name, share, recipe, skipped) for name, share in recipe.mixture.items()},
    )


def _domain(name: str, share: Share, recipe: Recipe, skipped: Skipped) -> Domain:
    if recipe.stage.kind == "prefer":
        return pair_domain(name, share, skipped)
    if recipe.stage.kind == "contrastive":
        return matches(name, Path(recipe.data_root))
    return domain(name, Path(recipe.data_root)) if share.file is None else file_domain(name, share, skipped)


def train_tokenizer(recipe: Recipe, mixture: Mixture, room: int) -> Tokenizer:
    """Byte-level BPE over questions and answers of every domain; letter-by-letter answers teach no merges.

    `room` is the model's vocabulary. Raises: ConfigError when it is too small for any.
    """
    texts: list[str] = []
    for number, each in enumerate(mixture.domains.values()):
        rng = np.random.default_rng([recipe.seed, 0, number])
        for _ in range(recipe.tokenizer_samples):
            for turn in each.train(rng).turns:
                texts.append(turn.question)
                texts.extend([turn.answer] * (turn.measure != "characters"))
    tokenizer = Tokenizer.train(texts, vocabulary=room, special=SPECIAL_TOKENS)
    if tokenizer.vocabulary > room:
        raise ConfigError(
            f"recipe: the language model's vocabulary is {room}; bytes and special tokens alone are "
            f"{tokenizer.vocabulary}. Give a larger one."
        )
    return tokenizer


def held_out_lessons(each: Domain, tutor: Tutor, count: int, *, part: slice = slice(None)) -> list[Lesson]:
    """Lessons about `count` validation samples spread evenly over all of them, or those of a `part` of them."""
    chosen = np.linspace(0, each.validation_size - 1, min(count, each.validation_size)).astype(int)
    lessons = []
    for index in chosen[part]:
        sample: Sample | None = None
        try:
            sample = each.validation(int(index))
            lessons.append(tutor(sample))
        except InputError as error:
            _note(each, sample, error)
    return lessons


def _note(each: Domain, sample: Sample | None, error: InputError) -> None:
    """List a record that the model cannot take; for any other domain the error is the recipe's, and raised.

    A record whose media cannot be read is listed by its domain.
    """
    if not isinstance(each, RecordDomain | PairDomain):
        raise error
    if isinstance(sample, Told):
        each.skipped.note(sample.source, error)


def _unchanged(batch: list[MicroBatch]) -> list[MicroBatch]:
    return batch
