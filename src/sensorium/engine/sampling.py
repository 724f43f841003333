"""Scores to one token: greedy, or drawn at a temperature from a generator of the request's own."""

from dataclasses import dataclass, field
from typing import TypedDict

import torch
from torch import Tensor

from sensorium.core.errors import UsageError
from sensorium.engine import shaping

LARGEST_SEED = 2**63 - 1
MOST_LOG_PROBS = 20
MOST_BIASED = 1024


class Options(TypedDict, total=False):
    """The fields of `Sampling` as keyword arguments, each optional."""

    max_tokens: int
    temperature: float
    seed: int | None
    top_k: int | None
    top_p: float
    min_p: float
    repetition_penalty: float
    presence_penalty: float
    frequency_penalty: float
    logit_bias: dict[int, float]
    top_log_probs: int


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen. The same `seed` gives the same answer, whatever else is computed beside it.

    temperature: 0 is greedy; what cuts the choice (top_k, top_p, min_p) then changes nothing.
    top_k, top_p, min_p: only the k likeliest; the likeliest that make up this share; those at least this share as
        likely as the likeliest. They cut in this order, at the temperature.
    repetition_penalty: above 1, tokens said before become less likely. Those of the prompt, where most are words of
        the template or stand for media, do not count.
    presence_penalty, frequency_penalty: taken from the score of a token said before, once and for each time.
    logit_bias: added to the scores of these tokens.
    top_log_probs: how many of the likeliest tokens are told with each one chosen.
    """

    max_tokens: int = 128
    temperature: float = 0.0
    seed: int | None = None
    top_k: int | None = None
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: dict[int, float] = field(default_factory=dict)
    top_log_probs: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise UsageError(f"max_tokens is {self.max_tokens}; expected at least 1. Give a larger number.")
        if not 0.0 <= self.temperature <= 100.0:
            raise UsageError(f"temperature is {self.temperature}; expected 0 to 100. 0 takes the likeliest token.")
        if self.seed is not None and not 0 <= self.seed <= LARGEST_SEED:
            raise UsageError(f"seed is {self.seed}; expected 0 to {LARGEST_SEED}. Give another number.")
        if self.top_k is not None and self.top_k < 1:
            raise UsageError(f"top_k is {self.top_k}; expected at least 1. Leave it out to choose among all tokens.")
        if not 0.0 < self.top_p <= 1.0:
            raise UsageError(f"top_p is {self.top_p}; expected above 0, at most 1. 1 chooses among all tokens.")
        if not 0.0 <= self.min_p <= 1.0:
            raise UsageError(f"min_p is {self.min_p}; expected 0 to 1. 0 chooses among all tokens.")
        if not 0.01 <= self.repetition_penalty <= 100.0:
            raise UsageError(
                f"repetition_penalty is {self.repetition_penalty}; expected 0.01 to 100. 1 changes nothing."
            )
        for name, penalty in (("presence", self.presence_penalty), ("frequency", self.frequency_penalty)):
            if not -100.0 <= penalty <= 100.0:
                raise UsageError(f"{name}_penalty is {penalty}; expected -100 to 100. 0 changes nothing.")
        self._check_bias()
        if not 0 <= self.top_log_probs <= MOST_LOG_PROBS:
            raise UsageError(
                f"top_log_probs is {self.top_log_probs}; expected 0 to {MOST_LOG_PROBS}. Give a smaller number."
            )

    def _check_bias(self) -> None:
        if len(self.logit_bias) > MOST_BIASED:
            raise UsageError(f"logit_bias has {len(self.logit_bias)} tokens; expected at most {MOST_BIASED}.")
        for id_, bias in self.logit_bias.items():
            if id_ < 0 or not -100.0 <= bias <= 100.0:
                raise UsageError(
                    f"logit_bias: token {id_} has {bias}; expected ids from 0 and values from -100 to 100. Correct it."
                )


class Sampler:
    """Chooses tokens for a batch; draws do not depend on anything but the seed, the scores and what was chosen before.

    Rows stay the same from call to call.
    """

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._said: list[list[int]] = []
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def choose(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The next token of each row.

        Inputs: logits: [B, V], -inf for tokens that may not be chosen.

        Returns: ids [B] and their log-probabilities [B] as the model has them: at temperature 1, without bias,
        penalties and cuts.

        Raises: UsageError when a bias is for a token that there is not.
        """
        logits = logits.float()
        log_probs = logits.log_softmax(dim=-1)
        self._said = self._said or [[] for _ in logits]
        scores = self._shaped(logits)
        if self._sampling.temperature == 0.0:
            chosen = scores.argmax(dim=-1)
        else:
            below = (scores - scores.amax(dim=-1, keepdim=True)).double()  # the likeliest is 0 at any temperature
            heated = self._cut(below / self._sampling.temperature).softmax(dim=-1).cpu()
            chosen = torch.multinomial(heated, 1, generator=self._generator)[:, 0].to(logits.device)
        for said, id_ in zip(self._said, chosen.tolist(), strict=True):
            said.append(id_)
        return chosen, log_probs.gather(1, chosen.unsqueeze(1))[:, 0]

    def instead(self, id_: int) -> None:
        """Another token was said than the one that was chosen, of the one row there is."""
        self._said[0][-1] = id_

    def _shaped(self, scores: Tensor) -> Tensor:
        """Bias and penalties. Shapes: [B, V] to the same."""
        sampling = self._sampling
        if sampling.logit_bias:
            largest = max(sampling.logit_bias)
            if largest >= scores.shape[1]:
                raise UsageError(
                    f"logit_bias: token {largest}; this model has ids below {scores.shape[1]}. Leave it out."
                )
            scores = shaping.biased(scores, sampling.logit_bias)
        if sampling.repetition_penalty != 1.0:
            scores = shaping.penalised(scores, self._said, repetition=sampling.repetition_penalty)
        presence, frequency = sampling.presence_penalty, sampling.frequency_penalty
        if presence or frequency:
            scores = shaping.discouraged(scores, self._said, presence=presence, frequency=frequency)
        return scores

    def _cut(self, scores: Tensor) -> Tensor:
        """What may be drawn. Shapes: [B, V] to the same."""
        sampling = self._sampling
        if sampling.top_k is not None:
            scores = shaping.top_k(scores, sampling.top_k)
        if sampling.top_p < 1.0:
            scores = shaping.top_p(scores, sampling.top_p)
        return shaping.min_p(scores, sampling.min_p) if sampling.min_p > 0.0 else scores


def likeliest(logits: Tensor, count: int) -> tuple[tuple[int, float], ...]:
    """Ids and log-probabilities of the likeliest tokens, the likeliest first; none that may not be chosen.

    Inputs: logits: [V], -inf for tokens that may not be chosen.
    """
    found = logits.float().log_softmax(dim=-1).topk(min(count, len(logits)))
    pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
    return tuple((id_, log_prob) for id_, log_prob in pairs if log_prob > -torch.inf)
