"""Which tokens may come next: the rules that the original repository lays on Whisper's answers.

Timestamps come in pairs, the end of one segment and the start of the next; they never go back, and a segment takes some
time. Where all timestamps together are likelier than any text, one of them it is.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from sensorium.models.whisper.tokens import SpecialTokens


class Grammar:
    """Takes from scores what may not follow."""

    def __init__(self, tokens: SpecialTokens, *, timestamps: bool) -> None:
        """Prepare; without `timestamps` the prompt has said that there are none."""
        self._tokens = tokens
        self._timestamps = timestamps
        self._never = torch.tensor(tokens.suppressed)
        self._never_first = torch.tensor(tokens.suppressed_first)

    def restrict(self, scores: Tensor, said: Sequence[int]) -> Tensor:
        """What is left of the scores.

        Inputs: scores: [V] fp32, overwritten; said: ids since the prompt.

        Returns: the same [V], -inf where a token may not follow.
        """
        scores[self._never.to(scores.device)] = -torch.inf
        if not said:
            scores[self._never_first.to(scores.device)] = -torch.inf
        if self._timestamps:
            scores[self._tokens.no_timestamps] = -torch.inf
            self._pair(scores, said)
            self._prefer_timestamps(scores)
        return scores

    def _pair(self, scores: Tensor, said: Sequence[int]) -> None:
        first, end = self._tokens.first_timestamp, self._tokens.end
        if not said:
            scores[:first] = -torch.inf
            if self._tokens.first_limit is not None:
                scores[first + self._tokens.first_limit + 1 :] = -torch.inf
            return
        last_is_time = said[-1] >= first
        before_is_time = len(said) == 1 or said[-2] >= first
        if last_is_time:
            if before_is_time:  # a segment has begun: text
                scores[first:] = -torch.inf
            else:  # a segment has ended: the next begins, or all ends
                scores[:end] = -torch.inf
        latest = next((id_ for id_ in reversed(said) if id_ >= first), None)
        if latest is not None:
            ended = last_is_time and not before_is_time
            scores[first : latest if ended else latest + 1] = -torch.inf

    def _prefer_timestamps(self, scores: Tensor) -> None:
        first = self._tokens.first_timestamp
        log_probs = scores.log_softmax(dim=-1)
        if bool(log_probs[first:].logsumexp(dim=-1) > log_probs[:first].max()):
            scores[:first] = -torch.inf
