"""A sample made ready to learn from: the talk, and what its media are to be named."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sensorium.chat.message import Text
from sensorium.chat.tokenizer import Tokenizer
from sensorium.data.mixture import messages, weights
from sensorium.data.sample import Region, Sample
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Item, Talk
from sensorium.inputs.spec import InputSpec
from sensorium.training.learner import Teaches


@dataclass(frozen=True, eq=False)
class Name:
    """Tokens for what some rows of a medium show: `item` counts the talk's media, `rows` [S] fp32 sum to 1."""

    item: int
    rows: NDArray[np.float32]
    ids: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Lesson:
    """A talk, names for its media, and whether its answers are learnt, or the names alone.

    beside: the same talk with a worse answer, or as a larger model is shown it, where the objective has such a one.
    """

    talk: Talk
    names: tuple[Name, ...] = ()
    answered: bool = True
    beside: Talk | None = None

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The talk, and the one beside it."""
        return (self.talk,) if self.beside is None else (self.talk, self.beside)

    def blanked(self) -> "Lesson":
        """The same with nothing to be seen or heard: what is answered right then was guessed from the words."""
        return replace(self, talk=_blank(self.talk), beside=None if self.beside is None else _blank(self.beside))


def _blank(talk: Talk) -> Talk:
    return replace(talk, items=[replace(item, features=np.zeros_like(item.features)) for item in talk.items])


def prepare(sample: Sample, assembler: Teaches, *, answered: bool = True) -> Lesson:
    """The talk alone."""
    return Lesson(assembler.talk(messages(sample), ask=False, weights=weights(sample)), answered=answered)


def prepare_named(sample: Sample, assembler: Assembler, *, answered: bool = True) -> Lesson:
    """Every medium is named by the answers' tokens, every region of the first one by its words."""
    lesson = prepare(sample, assembler, answered=answered)
    talk = lesson.talk
    told = tuple({token for token, weight in zip(talk.ids, talk.weights, strict=True) if weight > 0.0})
    names = [Name(index, np.full(item.rows, 1 / item.rows, np.float32), told) for index, item in enumerate(talk.items)]
    for region in sample.regions:
        ids = tuple({token for word in region.words for token in _ids(word, assembler.tokenizer)})
        names.append(Name(0, region_rows(region, row_grid(talk.items[0], assembler.spec)), ids))
    return replace(lesson, names=tuple(names))


def row_grid(item: Item, spec: InputSpec) -> tuple[int, int, int]:
    """How the rows of a picture or film lie: times, rows of the grid, columns."""
    if item.modality == "video":
        frames, _, height, width = item.features.shape
        return frames // spec.video.tubelet, height // spec.video.multiple, width // spec.video.multiple
    return 1, item.features.shape[1] // spec.image.multiple, item.features.shape[2] // spec.image.multiple


def region_rows(region: Region, grid: tuple[int, int, int]) -> NDArray[np.float32]:
    """How much each row takes part in a region: the share of its cell that lies inside. Returns: [S], sum 1."""
    left, top, right, bottom = region.box
    spans = (region.span, (top, bottom), (left, right))
    time, row, column = (_overlap(*span, cells) for span, cells in zip(spans, grid, strict=True))
    return (time[:, None, None] * row[:, None] * column).ravel().astype(np.float32)


def _overlap(start: float, end: float, cells: int) -> NDArray[np.float64]:
    """How `start` … `end` is shared out among `cells` equal parts of 0 … 1. Returns: [cells], sum 1, never nothing."""
    edges = np.linspace(0.0, 1.0, cells + 1)
    shared = np.minimum(end, edges[1:]) - np.maximum(start, edges[:-1])
    overlap: NDArray[np.float64] = np.maximum(shared, 0.0)
    if not overlap.any():
        overlap[int(np.clip((start + end) / 2 * cells, 0, cells - 1))] = 1.0
    overlap /= overlap.sum()
    return overlap


def _ids(word: str, tokenizer: Tokenizer) -> Iterator[int]:
    """Its tokens at the start of an answer and within one; a single character is a letter of a line."""
    yield from tokenizer.encode(Text(word, spelled=len(word) == 1))
    if len(word) > 1:
        yield from tokenizer.encode(Text(" " + word))
