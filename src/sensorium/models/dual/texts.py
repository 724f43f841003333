"""Texts to ids as a dual encoder wants them: each for itself, then padded to one length."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sensorium.core.errors import CheckpointError, LimitExceeded


@dataclass(frozen=True, eq=False)
class Texts:
    """How a checkpoint reads texts.

    encode: a text to its ids, the special ones around it included.
    pad: the id that fills up, on the left or on the right.
    context: ids that a text may have.
    vocabulary: ids that the model knows.
    full: fill up to the context, not only to the longest text.
    masked: padding is not to be seen.
    lower: letters become small ones first, one by one, whatever the tokenizer does itself.
    """

    encode: Callable[[str], list[int]]
    pad: int
    context: int
    vocabulary: int
    full: bool
    left: bool = False
    masked: bool = False
    lower: bool = False

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, Tensor | None]:
        """Ids [B, T], and [B, T] False at padding where that is not to be seen.

        Raises: LimitExceeded for a text of too many tokens, which names it; CheckpointError for an id that the model
        does not know.
        """
        return self.padded([self.ids(text) for text in texts])

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor | None]:
        """The same of ids, each text's as `ids` gives them."""
        length = self.context if self.full else max(map(len, rows))
        ids = torch.full((len(rows), length), self.pad)
        present = torch.zeros(len(rows), length, dtype=torch.bool)
        for index, row in enumerate(rows):
            at = slice(length - len(row), length) if self.left else slice(len(row))
            ids[index, at] = torch.tensor(row)
            present[index, at] = True
        return ids, present if self.masked and not bool(present.all()) else None

    def ids(self, text: str) -> list[int]:
        """Ids of one text. Raises: as calling it."""
        ids = self.encode("".join(map(str.lower, text)) if self.lower else text)
        if len(ids) > self.context:
            start = text if len(text) <= 40 else text[:39] + "…"
            raise LimitExceeded(
                f"text: {start!r} has {len(ids)} tokens; this model takes {self.context}. Shorten it, or embed it in "
                "pieces."
            )
        if max(ids, default=0) >= self.vocabulary:
            raise CheckpointError(
                f"The tokenizer gives the id {max(ids)}, but the model has only {self.vocabulary}. They do not belong "
                "together; fetch the checkpoint again."
            )
        return ids
