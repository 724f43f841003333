"""What token merging costs `nano`: the same questions, asked with more and more of the rows merged.

Behind the connector the language model reads fewer rows; between the blocks of the encoders these have less to do, and
the language model reads as many as ever (fusion/merging.py). Nothing is trained for either.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, cast

import numpy as np
from torch import Tensor, nn

from sensorium.core.errors import UsageError
from sensorium.data.sample import Domain
from sensorium.evaluation.report import Result, summarise
from sensorium.evaluation.suite import Outcome, baseline, run_suite
from sensorium.fusion.merging import TokenMerging, merge_between
from sensorium.inputs.assemble import Assembler, nano_item
from sensorium.inputs.batching import Item
from sensorium.inputs.carrier import MediaBatch
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import Media
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.model import Reader
from sensorium.nn.block import Block
from sensorium.runtime.parts import Parts

Where = Literal["behind", "between"]
WHERE: tuple[Where, ...] = ("behind", "between")


@dataclass(frozen=True)
class Cost:
    """Scores on a domain with a share `cut` of the rows merged.

    where: behind the encoders, or between their blocks; None where nothing is cut.
    encoded: rows that a block of an encoder has, in the mean over blocks and media.
    read: rows that the language model reads of a medium, in the mean.
    change: of the score, question by question, against nothing cut; and the ends of its 95 % interval.
    """

    where: Where | None
    cut: float
    encoded: float
    read: float
    result: Result
    change: tuple[float, float, float]


class MergedReader(nn.Module):
    """A reader, and token merging behind it."""

    def __init__(self, reader: Reader, *, cut: float) -> None:
        """Build. Args: cut: share of each medium's rows that go."""
        super().__init__()
        self.reader = reader
        self.merging = TokenMerging(cut=cut)

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Rows of every item, those that are left: a list of [S, D]."""
        return [self.merging(rows.unsqueeze(0)).rows[0] for rows in self.reader(batch)]


def merged(parts: Parts, where: Where, cut: float) -> Parts:
    """A copy of a model that merges rows of all its media.

    Raises: UsageError for another model than `nano`; ConfigError for a share that is none.
    """
    whole, assembler = _nano(parts)
    network = deepcopy(whole)
    for modality, reader in _readers(network).items():
        if where == "between":
            merge_between(reader.encoder, cut)
        else:
            network.readers[modality] = MergedReader(reader, cut=cut)
    if where == "behind":
        item = partial(_fewer, spec=assembler.spec, merging=TokenMerging(cut=cut))
        assembler = Assembler(assembler.tokenizer, assembler.spec, item=item)
    return replace(parts, model=replace(parts.model, network=network, assembler=assembler))


def costs(parts: Parts, domain: Domain, cuts: Sequence[float], *, count: int) -> Iterator[Cost]:
    """Ask `count` validation questions of a domain, with nothing merged, and with each share in each of both places.

    Raises: as `merged`.
    """
    _nano(parts)
    usual: float | None = None
    whole: list[Outcome] = []
    ways: list[tuple[Where | None, float]] = [(None, 0.0), *((where, cut) for where in WHERE for cut in cuts)]
    for where, cut in ways:
        model = parts if where is None else merged(parts, where, cut)
        with _counting(cast("EarlyFusion", model.model.network)) as counts:
            outcomes = run_suite(model, domain, count=count)
        if where is None:
            whole, usual = outcomes, baseline(domain, outcomes)
        result = summarise(domain.name, outcomes, usual)
        yield Cost(where, cut, counts.encoded, counts.read, result, change(whole, outcomes))


def change(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[float, float, float]:
    """The mean change of score over the questions that were answered both times, and its 95 % interval (normal)."""
    pairs = zip(before, after, strict=True)
    found = np.array([new.score - old.score for old, new in pairs if old.failure is None and new.failure is None])
    if not len(found):
        return 0.0, 0.0, 0.0
    mean, wide = float(found.mean()), 1.96 * float(found.std()) / len(found) ** 0.5
    return round(mean, 4), round(mean - wide, 4), round(mean + wide, 4)


@dataclass
class _Counts:
    """What went through the readers: media, rows that they gave, and rows of their blocks, in the mean over these."""

    media: int = 0
    rows: int = 0
    inside: float = 0.0

    @property
    def read(self) -> float:
        return self.rows / max(self.media, 1)

    @property
    def encoded(self) -> float:
        return self.inside / max(self.media, 1)

    def given(self, _reader: nn.Module, _batch: Any, rows: list[Tensor]) -> None:
        """Hears what a reader gives."""
        self.media += len(rows)
        self.rows += sum(map(len, rows))

    def passed(self, share: float, _block: nn.Module, given: tuple[Tensor, ...]) -> None:
        """Hears what a block gets, which is a `share` of the blocks of its encoder."""
        self.inside += share * given[0].shape[0] * given[0].shape[1]


@contextmanager
def _counting(network: EarlyFusion) -> Iterator[_Counts]:
    """Counts while it lasts."""
    counts = _Counts()
    hooks = []
    for reader in network.readers.values():
        blocks = [each for each in reader.modules() if isinstance(each, Block)]
        hooks.append(reader.register_forward_hook(counts.given))
        hooks += [block.register_forward_pre_hook(partial(counts.passed, 1 / len(blocks))) for block in blocks]
    try:
        yield counts
    finally:
        for hook in hooks:
            hook.remove()


def _fewer(media: Media, spec: InputSpec, merging: TokenMerging) -> Item:
    """An item with as many places as rows are left. Raises: as `nano_item`."""
    item = nano_item(media, spec)
    return replace(item, rows=merging.rows_out(item.rows))


def _nano(parts: Parts) -> tuple[EarlyFusion, Assembler]:
    """Network and assembler. Raises: UsageError for another model than `nano`."""
    network, assembler = parts.model.network, parts.model.assembler
    if not isinstance(network, EarlyFusion) or not isinstance(assembler, Assembler) or not _readers(network):
        raise UsageError(
            f"{parts.name}: rows cannot be merged in any model; expected nano, or one that was trained from it. A "
            "composed model says in its YAML what it merges."
        )
    return network, assembler


def _readers(network: EarlyFusion) -> dict[str, Reader]:
    """Those of `nano`, by modality."""
    return {name: reader for name, reader in network.readers.items() if isinstance(reader, Reader)}
