"""The next token of each row: what the sampler chooses among what a form allows, and what ends the form in time.

Or what is recited: an answer that is given, to learn how likely the model finds it.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

import torch
from torch import Tensor

from sensorium.core.errors import LimitExceeded
from sensorium.engine.grammar import Guide
from sensorium.engine.sampling import Sampler, Sampling

UNFINISHED = (
    "form: the answer was over after {tokens} tokens, before it had the form that was asked for. Give it more tokens, "
    "take away what stops it, or ask for a simpler form."
)


class Choosing(Protocol):
    """Tells the next token of each answer of a batch."""

    def allowed(self, logits: Tensor) -> Tensor:
        """Scores [B, V] with -inf for what may not come."""

    def choose(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The next tokens [B], and their log-probabilities [B]."""

    def check_whole(self) -> None:
        """For the end of an answer. Raises: LimitExceeded when it lacks its form."""


class Recital:
    """Says one answer token by token, and then ends it, by whichever way of ending it that there is."""

    def __init__(self, ids: Sequence[int], stops: Collection[int]) -> None:
        self._left = list(ids)
        self._stops = sorted(stops)

    def allowed(self, logits: Tensor) -> Tensor:
        """All of them: probabilities are those that the model has."""
        return logits

    def choose(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The next token of the answer and its log-probability; at the end that of all stops together.

        Shapes: [1, V] to [1] and [1].
        """
        log_probs = logits.float().log_softmax(dim=-1)
        if self._left:
            id_ = self._left.pop(0)
            return torch.full_like(log_probs[:, 0], id_, dtype=torch.int64), log_probs[:, id_]
        ends = log_probs[:, self._stops]
        return torch.full_like(log_probs[:, 0], self._stops[0], dtype=torch.int64), ends.logsumexp(dim=-1)

    def check_whole(self) -> None:
        """What is recited is whole."""


class Chooser:
    """Chooses for a batch; with a guide, which follows one answer, for a batch of one."""

    def __init__(self, sampling: Sampling, guide: Guide | None) -> None:
        self._sampler = Sampler(sampling)
        self._most = sampling.max_tokens
        self._guide = guide
        self._said = 0

    def allowed(self, logits: Tensor) -> Tensor:
        """Scores [B, V] with -inf for what the form does not allow."""
        if self._guide is None:
            return logits
        return logits.masked_fill(~self._guide.allowed(logits.shape[1]).to(logits.device), -torch.inf)

    def choose(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The next token of each row and its log-probability.

        Inputs: logits: as `allowed` gives them. Returns: ids [B], log-probabilities [B].

        Raises: EngineError when the form takes too much work.
        """
        ids, log_probs = self._sampler.choose(logits)
        self._said += 1
        if self._guide is None:
            return ids, log_probs
        taken = self._guide.push(int(ids), self._most - self._said)
        if taken == int(ids):
            return ids, log_probs
        self._sampler.instead(taken)
        return torch.full_like(ids, taken), logits.float().log_softmax(dim=-1)[:, taken]

    def check_whole(self) -> None:
        """For the end of an answer. Raises: LimitExceeded when it lacks its form."""
        check_whole(self._guide, self._said)


def check_whole(guide: Guide | None, tokens: int) -> None:
    """For the end of an answer of so many tokens. Raises: LimitExceeded when it lacks its form."""
    if guide is not None and not guide.complete:
        raise LimitExceeded(UNFINISHED.format(tokens=tokens))
