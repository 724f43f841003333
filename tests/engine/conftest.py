"""A model without a network: its scores are written down."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import pytest
import torch
from tests.engine.asking import Watched
from torch import Tensor

from sensorium.inputs.carrier import ModelInputs
from sensorium.models.answerer import Answerer
from sensorium.models.early import EarlyFusion
from sensorium.nn.cache import KVCache
from sensorium.runtime.parts import Parts


class Script:
    """Scores of step t and row b are `scores[t][b]`; remembers what it was given."""

    def __init__(self, scores: Sequence[Sequence[Sequence[float]]]) -> None:
        self.scores = [torch.tensor(each) for each in scores]
        self.given: list[dict[str, Tensor | None]] = []
        self.room: tuple[int, int] | None = None

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        self.room = (batch, capacity)
        return KVCache.empty(layers=1, batch=batch, kv_heads=1, capacity=capacity, head_width=1, like=torch.empty(0))

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        self.given.append({"ids": inputs.ids})
        return self.scores[0]

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        self.given.append({"ids": ids, "positions": positions, "present": present})
        return self.scores[min(len(self.given), len(self.scores)) - 1]


@pytest.fixture
def script() -> Callable[[Sequence[Sequence[Sequence[float]]]], Script]:
    """Builds a scripted model from scores [steps][rows][ids]."""
    return Script


@pytest.fixture
def says() -> Callable[..., list[list[list[float]]]]:
    """Scores that make each row say the ids of a word like "0213", one per step, over an alphabet of four."""

    def scores(*words: str) -> list[list[list[float]]]:
        return [
            [[5.0 * (int(word[min(step, len(word) - 1)]) == id_) for id_ in range(4)] for word in words]
            for step in range(max(map(len, words)))
        ]

    return scores


@pytest.fixture
def network(tiny_nano: EarlyFusion) -> Watched:
    """A tiny `nano` that is watched."""
    return Watched(tiny_nano)


@pytest.fixture
def model(tiny_parts: Parts, network: Watched) -> Answerer:
    """It, with what answers need; nothing stops it early."""
    return replace(tiny_parts.model, network=cast("EarlyFusion", network), stops=frozenset())
