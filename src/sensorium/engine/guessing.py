"""What an answer may say next, guessed, so that one step of the model can check several tokens at once.

    said … a b c       guessed d e       rows of the step: c, d, e, each a token further in the same blocks
                                         scores behind c say d: right. behind d say x: e was wrong, x is said

The sampler chooses from the same scores as without guesses, one token after the other, and what was guessed wrongly is
written over. So an answer is the same, greedy or drawn, where a row's scores do not depend on those beside it (bf16
kernels on a CPU); a guess changes only how many steps it takes.
"""

from collections.abc import Sequence
from typing import Protocol

import torch

from sensorium.engine.generate import TokenModel
from sensorium.inputs.carrier import ModelInputs
from sensorium.nn.cache import KVCache

LONGEST, SHORTEST = 3, 2
"""Tokens in a row that are looked up."""
FEWEST = 2
"""Guesses to begin with."""
REST = 16
"""Tokens without guesses behind one that was wrong throughout."""


class Guesser(Protocol):
    """Guesses for one answer."""

    def guess(self, ids: Sequence[int], most: int) -> list[int]:
        """What may come behind a prompt and what was said so far, at most so many tokens, perhaps none."""


class Lookup:
    """Guesses what came the last time behind the same two or three tokens: answers that copy or repeat are common."""

    def __init__(self) -> None:
        self._behind: dict[tuple[int, ...], int] = {}
        self._seen = 0

    def guess(self, ids: Sequence[int], most: int) -> list[int]:
        """As `Guesser.guess`; `ids` only grow from call to call."""
        for at in range(max(self._seen, SHORTEST), len(ids)):  # what ends with the last token has nothing behind it
            for count in range(SHORTEST, min(LONGEST, at) + 1):
                self._behind[tuple(ids[at - count : at])] = at
        self._seen = len(ids)
        for count in range(min(LONGEST, len(ids)), SHORTEST - 1, -1):
            found = self._behind.get(tuple(ids[-count:]))
            if found is not None:
                return _onward(ids, found, most)
        return []


class Draft:
    """Guesses what a smaller model of the same tokens would say, which sees no media."""

    def __init__(self, model: TokenModel, *, room: int) -> None:
        """Begin. Args: room: tokens of prompt and answer together."""
        self._model = model
        self._cache: KVCache = model.new_cache(1, room)
        self._taken: list[int] = []

    def guess(self, ids: Sequence[int], most: int) -> list[int]:
        """As `Guesser.guess`."""
        same = next((at for at, (one, two) in enumerate(zip(self._taken, ids, strict=False)) if one != two), None)
        known = min(len(self._taken) if same is None else same, len(ids) - 1)
        self._cache.truncate(known)
        scores = self._model.prefill(_words(ids[known:], known), self._cache)
        said: list[int] = []
        while True:
            said.append(int(scores[0].argmax()))
            if len(said) == most:
                break
            at = torch.tensor([len(ids) + len(said) - 1])
            scores = self._model.decode(torch.tensor(said[-1:]), at, None, self._cache)
        self._taken = [*ids, *said[:-1]]
        return said


class Pace:
    """How many guesses pay: more behind right ones, none for a while behind wrong ones."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = min(FEWEST, most)
        self._resting = 0

    def next(self) -> int:
        """How many to make now."""
        if self._resting:
            self._resting -= 1
            return 0
        return self._now

    def judge(self, made: int, right: int) -> None:
        """So many of them were right."""
        if made and right == made:
            self._now = min(2 * self._now, self._most)
        elif made and not right:
            self._now, self._resting = min(FEWEST, self._most), REST


def _onward(ids: Sequence[int], at: int, most: int) -> list[int]:
    """What stands there; where that is the end, it goes round."""
    found = list(ids[at : at + most])
    return (found * most)[:most]


def _words(ids: Sequence[int], before: int) -> ModelInputs:
    tokens = torch.tensor([list(ids)])
    return ModelInputs(
        ids=tokens,
        positions=torch.arange(before, before + len(ids)).unsqueeze(0),
        present=None,
        media=(),
        places=(),
    )
