"""Scores of letters to text with times: the likeliest letter of every row, repetitions taken once, blanks left out.

Rows come in pieces, so that a sound of any length is written down as it is heard.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from sensorium.core.errors import EngineError
from sensorium.models.speech.transcript import Segment, Word
from sensorium.models.wav2vec2.inputs import Letters

PAUSE = 0.6
"""Seconds without a letter that end a segment."""

LONGEST = 12.0
"""Seconds after which a segment ends with the next word."""


@dataclass(frozen=True)
class Letter:
    """A letter, or a space; seconds from the start of the sound. Probability: the mean over its rows."""

    text: str
    start: float
    end: float
    probability: float


class LetterStream:
    """Rows of scores, a piece at a time, to letters."""

    def __init__(self, letters: Letters, *, size: int, row: float) -> None:
        """Begin with the first row of a sound.

        Args:
            letters: what ids write.
            size: V.
            row: seconds from a row to the next.
        """
        self._letters = letters
        self._row = row
        self._writes = torch.zeros(size, dtype=torch.bool)
        self._writes[[letters.blank, *letters.text]] = True
        self._place = 0
        self._open: tuple[int, int, list[float]] | None = None  # id, first row, probabilities

    def push(self, scores: Tensor) -> Iterator[Letter]:
        """The letters that these rows end. Ids that write nothing and are not the blank are never chosen.

        Inputs: scores: [S, V].

        Raises: EngineError for scores that are no numbers.
        """
        if not bool(torch.isfinite(scores).all()):
            raise EngineError("wav2vec 2.0: its scores are not finite numbers. Check the model's files.")
        chances = scores.float().cpu().masked_fill(~self._writes, -torch.inf).softmax(dim=-1)
        best = chances.max(dim=-1)
        for id_, chance in zip(best.indices.tolist(), best.values.tolist(), strict=True):
            yield from self._step(id_, chance)

    def skip(self, rows: int) -> Iterator[Letter]:
        """The letter that is ended by rows of silence."""
        if rows:
            yield from self._step(self._letters.blank, 1.0)
            self._place += rows - 1

    def finish(self) -> Iterator[Letter]:
        """The last letter."""
        yield from self._step(self._letters.blank, 1.0)

    def _step(self, id_: int, chance: float) -> Iterator[Letter]:
        if self._open is not None and self._open[0] == id_:
            self._open[2].append(chance)
        else:
            if self._open is not None:
                yield self._closed(*self._open)
            self._open = None if id_ == self._letters.blank else (id_, self._place, [chance])
        self._place += 1

    def _closed(self, id_: int, first: int, chances: list[float]) -> Letter:
        mean = sum(chances) / len(chances)
        end = first + len(chances)
        return Letter(self._letters.text[id_], first * self._row, end * self._row, mean)


def words(letters: Iterable[Letter]) -> Iterator[Word]:
    """Letters between spaces; a word's probability is the mean of its letters'."""
    spelled: list[Letter] = []
    for letter in letters:
        if letter.text != " ":
            spelled.append(letter)
        elif spelled:
            yield _word(spelled)
            spelled = []
    if spelled:
        yield _word(spelled)


def segments(said: Iterable[Word]) -> Iterator[Segment]:
    """Words up to a pause, or until there are many."""
    row: list[Word] = []
    for word in said:
        if row and (word.start - row[-1].end > PAUSE or word.end - row[0].start > LONGEST):
            yield _segment(row)
            row = []
        row.append(word)
    if row:
        yield _segment(row)


def _word(spelled: list[Letter]) -> Word:
    probability = sum(letter.probability for letter in spelled) / len(spelled)
    text = "".join(letter.text for letter in spelled)
    return Word(f" {text}", round(spelled[0].start, 3), round(spelled[-1].end, 3), probability)


def _segment(row: list[Word]) -> Segment:
    text = "".join(word.text for word in row)
    log_prob = sum(math.log(max(word.probability, 1e-30)) for word in row) / len(row)
    return Segment(row[0].start, row[-1].end, text, tuple(row), log_prob)
