"""Changes to the scores of a next token before it is chosen: each a function from scores [B, V] to scores [B, V].

A token that may not be chosen has -inf. Order, as most engines have it: bias, penalties, temperature, cuts.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def biased(scores: Tensor, bias: Mapping[int, float]) -> Tensor:
    """What the user adds to tokens of his choice."""
    at = torch.tensor(list(bias), dtype=torch.int64, device=scores.device)
    added = torch.zeros_like(scores[0]).index_put((at,), scores.new_tensor(list(bias.values())))
    return scores + added


def penalised(scores: Tensor, said: Sequence[Sequence[int]], *, repetition: float) -> Tensor:
    """Scores of tokens that a row has said, divided where above 0, multiplied where below (Keskar et al. 2019)."""
    scores = scores.clone()
    for row, tokens in enumerate(said):
        at = torch.tensor(sorted(set(tokens)), dtype=torch.int64, device=scores.device)
        found = scores[row, at]
        scores[row, at] = torch.where(found > 0, found / repetition, found * repetition)
    return scores


def discouraged(scores: Tensor, said: Sequence[Sequence[int]], *, presence: float, frequency: float) -> Tensor:
    """Scores less `presence` for a token that was said and `frequency` for each time, as OpenAI's interface has it."""
    scores = scores.clone()
    for row, tokens in enumerate(said):
        at, times = torch.tensor(tokens, dtype=torch.int64, device=scores.device).unique(return_counts=True)
        scores[row, at] -= presence + frequency * times.to(scores.dtype)
    return scores


def top_k(scores: Tensor, count: int) -> Tensor:
    """The `count` likeliest; the last of them and all that equal it stay."""
    if count >= scores.shape[1]:
        return scores
    least = scores.topk(count, dim=1).values[:, -1:]
    return scores.masked_fill(scores < least, -torch.inf)


def top_p(scores: Tensor, share: float) -> Tensor:
    """The likeliest whose chances together first reach `share` (Holtzman et al. 2020)."""
    ordered, order = scores.sort(dim=1, descending=True, stable=True)
    chances = ordered.softmax(dim=1)
    beyond = chances.cumsum(dim=1) - chances >= share  # the first is never beyond
    return scores.masked_fill(beyond.gather(1, order.argsort(dim=1)), -torch.inf)


def min_p(scores: Tensor, share: float) -> Tensor:
    """Those that are at least `share` times as likely as the likeliest (Nguyen et al. 2024)."""
    chances = scores.softmax(dim=1)
    return scores.masked_fill(chances < share * chances.amax(dim=1, keepdim=True), -torch.inf)
