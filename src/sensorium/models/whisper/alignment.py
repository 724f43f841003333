"""When was each token said: dynamic time warping over the looks of chosen cross-attention heads.

The method of the original repository's timing.py: looks are normed over tokens, smoothed over time by a median and
averaged over heads; the cheapest way through them, tokens and time both forward, gives each token its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.models.whisper.decode import Network
from sensorium.models.whisper.model import Heard
from sensorium.models.whisper.tokens import TICK, SpecialTokens


@dataclass(frozen=True)
class Alignment:
    """Per token of a text its probability, [T], and when it begins, [T + 1] seconds: the last one is the end."""

    probabilities: NDArray[np.float64]
    times: NDArray[np.float64]


@torch.inference_mode()
def align(
    network: Network,
    heard: Heard,
    prompt: Sequence[int],
    text: Sequence[int],
    *,
    tokens: SpecialTokens,
    rows: int,
    median: int,
) -> Alignment:
    """Find out when the tokens of a text were said.

    Args:
        network: any.
        heard: of the window.
        prompt: ids before the text, without that for no timestamps.
        text: ids of text, at least one.
        tokens: of the network.
        rows: of the encoder that are sound, and not the silence behind it; at least 1.
        median: how many rows the median is taken over, an odd number.
    """
    before = [*prompt, tokens.no_timestamps]
    looks: dict[int, list[Tensor]] = {layer: [] for layer, _ in tokens.alignment_heads}
    ids = torch.tensor([[*before, *text, tokens.end]], device=heard[0][0].device)
    hidden = network(ids, heard, looks=looks)
    logits = network.logits(hidden[0, len(before) - 1 : -2]).float()[:, : tokens.end]  # [T, text ids]
    chances = logits.softmax(dim=-1)[torch.arange(len(text)), torch.tensor(text)]
    scores = torch.stack([looks[layer][0][0, head] for layer, head in tokens.alignment_heads])  # [heads, ids, S]
    weights = normed(scores[:, :, :rows].softmax(dim=-1), median).mean(dim=0)[len(prompt) : -1]  # [T + 1, S]
    token_of, row_of = warp(-np.asarray(weights.cpu(), np.float64))
    begins = np.flatnonzero(np.diff(token_of, prepend=-1))
    return Alignment(np.asarray(chances.cpu(), np.float64), (row_of[begins] * TICK).astype(np.float64))


def normed(weights: Tensor, median: int) -> Tensor:
    """Looks as they differ between tokens, smoothed over time. Shapes: [heads, T, S] to the same."""
    deviation, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    return median_filter((weights - mean) / deviation.clamp(min=torch.finfo(weights.dtype).tiny), median)


def median_filter(x: Tensor, width: int) -> Tensor:
    """The median of every `width` numbers in a row, mirrored at the ends; shorter rows stay. Shapes: [C, T, S]."""
    half = width // 2
    if x.shape[-1] <= half:
        return x
    return F.pad(x, (half, half), mode="reflect").unfold(-1, width, 1).median(dim=-1).values


def warp(cost: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cheapest way from the first to the last corner of a table in steps down, right, or both.

    All cells of a diagonal are computed together. Sums are kept in fp32, as in the original; ties go right.

    Inputs: cost: [T, S]. Returns: row and column of every step.
    """
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf, np.float32)
    total[0, 0] = 0.0
    came = np.full((rows + 1, columns + 1), _RIGHT, np.int8)
    came[1:, 0] = _DOWN
    for diagonal in range(2, rows + columns + 1):
        row = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        column = diagonal - row
        both, down, right = total[row - 1, column - 1], total[row - 1, column], total[row, column - 1]
        step = np.where((both < down) & (both < right), _BOTH, np.where((down < both) & (down < right), _DOWN, _RIGHT))
        best = np.choose(step, (both, down, right))
        total[row, column] = cost[row - 1, column - 1] + best
        came[row, column] = step
    return _way_back(came)


_BOTH, _DOWN, _RIGHT = 0, 1, 2


def _way_back(came: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    row, column = came.shape[0] - 1, came.shape[1] - 1
    way = []
    while row > 0 or column > 0:
        way.append((row - 1, column - 1))
        step = came[row, column]
        row -= step != _RIGHT
        column -= step != _DOWN
    rows, columns = np.array(way[::-1]).T
    return rows, columns
