"""A model without a network: its scores are written down."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import pytest
import torch
from tests.engine.asking import Watched
from torch import Tensor

from sensorium.inputs.carrier import ModelInputs
from sensorium.language import step
from sensorium.models.answerer import Answerer
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import LanguageConfig, NanoConfig
from sensorium.models.nano.model import build
from sensorium.nn.cache import KVCache
from sensorium.nn.kernels.ready import runner
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


@pytest.fixture
def wide(tiny_config: NanoConfig, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A `nano` whose language model is one that kernels take, made of random weights."""
    if runner() is None:
        pytest.skip("kernels cannot run here")
    monkeypatch.setattr(step, "WORTH", 0)
    sizes = LanguageConfig(vocabulary=300, width=576, layers=2, heads=9, kv_heads=3, hidden=96)
    torch.manual_seed(0)
    network = build(replace(tiny_config, language=sizes)).eval()
    with torch.no_grad():
        for name, weight in network.language.named_parameters():
            weight.mul_(3.0 if name.endswith(("attention.out.weight", "mlp.down.weight", "embedding.weight")) else 1.0)
    network.language.bfloat16()
    return Watched(network)
