"""Scores to one token: greedy, or drawn at a temperature from a generator of the request's own."""

from dataclasses import dataclass
from typing import TypedDict

import torch
from torch import Tensor

from sensorium.core.errors import UsageError

LARGEST_SEED = 2**63 - 1


class Options(TypedDict, total=False):
    """The fields of `Sampling` as keyword arguments, each optional."""

    max_tokens: int
    temperature: float
    seed: int | None


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen. `temperature` 0 is greedy; the same `seed` gives the same answer."""

    max_tokens: int = 128
    temperature: float = 0.0
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise UsageError(f"max_tokens is {self.max_tokens}; expected at least 1. Give a larger number.")
        if not 0.0 <= self.temperature <= 100.0:
            raise UsageError(f"temperature is {self.temperature}; expected 0 to 100. 0 takes the likeliest token.")
        if self.seed is not None and not 0 <= self.seed <= LARGEST_SEED:
            raise UsageError(f"seed is {self.seed}; expected 0 to {LARGEST_SEED}. Give another number.")


class Sampler:
    """Chooses tokens for a batch; draws do not depend on anything but the seed and the scores."""

    def __init__(self, sampling: Sampling) -> None:
        self._temperature = sampling.temperature
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def choose(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs: logits: [B, V]. Returns: ids [B] and their log-probabilities [B] (at temperature 1)."""
        log_probs = logits.float().log_softmax(dim=-1)
        if self._temperature == 0.0:
            chosen = log_probs.argmax(dim=-1)
        else:
            below = (log_probs - log_probs.amax(dim=-1, keepdim=True)).double()  # the likeliest is 0 at any temperature
            heated = (below / self._temperature).softmax(dim=-1).cpu()
            chosen = torch.multinomial(heated, 1, generator=self._generator)[:, 0].to(logits.device)
        return chosen, log_probs.gather(1, chosen.unsqueeze(1))[:, 0]
