"""One answer while it is made: from scores to events, and what the next step needs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sensorium.engine.choosing import Chooser, Choosing, Recital
from sensorium.engine.generate import Finish, TokenEvent, check_finite
from sensorium.engine.grammar import Guide
from sensorium.engine.guessing import Guesser, Pace
from sensorium.engine.memory import Seat
from sensorium.engine.request import Request
from sensorium.engine.sampling import LARGEST_SEED, Sampling, likeliest
from sensorium.engine.stopping import Words


@dataclass(frozen=True, eq=False)
class Rules:
    """What a model's answers end with and never hold. banned: [ids]."""

    stops: Collection[int]
    banned: Tensor


@dataclass(frozen=True, eq=False)
class Ahead:
    """Guesses of what one answer says. prompt: its ids."""

    prompt: Sequence[int]
    guesser: Guesser
    pace: Pace

    def guess(self, said: Sequence[int], most: int) -> list[int]:
        """Tokens that may come behind what was said."""
        count = min(self.pace.next(), most)
        return self.guesser.guess([*self.prompt, *said], count) if count > 0 else []


def chooser_of(request: Request, number: int, guide: Guide | None, stops: Collection[int]) -> Choosing:
    """What tells the tokens of one of a request's answers; drawn ones have a seed of their own in each."""
    if request.recited:
        return Recital(request.recited[number], stops)
    sampling = request.sampling
    if sampling.seed is not None:
        sampling = replace(sampling, seed=(sampling.seed + number) % LARGEST_SEED)
    return Chooser(sampling, None if guide is None else guide.fork())


class Speech:
    """An answer. `said` are its tokens; `position` [1] or [1, A] is that of the latest."""

    def __init__(
        self,
        number: int,
        *,
        seat: Seat,
        position: Tensor,
        sampling: Sampling,
        words: Words,
        chooser: Choosing,
        ahead: Ahead | None = None,
    ) -> None:
        """Begin behind a prompt.

        Args:
            number: which of the answers to its prompt.
            seat: has taken the prompt.
            position: of the prompt's end.
            sampling: how its tokens are chosen.
            words: makes its text.
            chooser: tells its tokens.
            ahead: guesses what it says; None for no guesses.
        """
        self.number = number
        self.seat = seat
        self.position = position
        self.said: list[int] = []
        self.done = False
        self._sampling = sampling
        self._chooser = chooser
        self._words = words
        self._ahead = ahead

    def guess(self, most: int) -> list[int]:
        """Tokens that may come next, at most so many, and fewer than are left."""
        if self._ahead is None:
            return []
        return self._ahead.guess(self.said, min(most, self._sampling.max_tokens - len(self.said) - 1))

    def judge(self, guessed: Sequence[int], right: int) -> None:
        """So many of the guesses were said."""
        if self._ahead is not None:
            self._ahead.pace.judge(len(guessed), right)

    def choose(self, logits: Tensor, rules: Rules) -> TokenEvent:
        """The next token. Inputs: logits: [1, V]. Raises: EngineError when they are not finite."""
        check_finite(logits)
        logits = logits.index_fill(1, rules.banned.to(logits.device), -torch.inf)
        logits = self._chooser.allowed(logits)
        ids, log_probs = self._chooser.choose(logits)
        id_ = int(ids)
        self.said.append(id_)
        self.position = self.position + 1
        text, finish = self._text(id_, stop=id_ in rules.stops)
        self.done = finish is not None
        if self.done:
            self._chooser.check_whole()
        top = likeliest(logits[0], self._sampling.top_log_probs) if self._sampling.top_log_probs else ()
        return TokenEvent(id_, float(log_probs), finish, text, top, self.number)

    def _text(self, id_: int, *, stop: bool) -> tuple[str, Finish | None]:
        """What a token adds to the answer, and why that ends with it."""
        text = "" if stop else self._words.push(id_)
        finish: Finish | None = "stop" if stop or self._words.stopped else None
        if finish is None and len(self.said) == self._sampling.max_tokens:
            finish = "length"
        if finish is not None:
            text += self._words.finish()
            finish = "stop" if self._words.stopped else finish
        return text, finish
