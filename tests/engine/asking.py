"""Requests that differ in everything, and a network that is watched."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sensorium.chat.message import user
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.memory import PagedMemory
from sensorium.engine.model import Settings
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import AudioClip, Image
from sensorium.models.answerer import Answerer
from sensorium.models.early import EarlyFusion
from sensorium.nn.cache import KVCache
from sensorium.nn.paged import PagedBatch, Pages

SMALL = Settings(cache_bytes=1 << 20, chunk=48)


class Watched:
    """A network that counts its calls and fails, or gives no numbers, where a test says so."""

    def __init__(self, network: EarlyFusion) -> None:
        self._network = network
        self.encoded = 0
        self.prefilled: list[int] = []
        self.decoded: list[int] = []
        self.fails: Callable[[Tensor], bool] = lambda _: False
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        self.encoded += 1
        return self._network.encode(inputs)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        self.prefilled.append(inputs.ids.shape[1])
        return self._scores(self._network.prefill(inputs, cache), inputs.ids[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        self.decoded.append(len(ids))
        return self._scores(self._network.decode(ids, positions, present, cache), positions)

    def _scores(self, scores: Tensor, given: Tensor) -> Tensor:
        failing = [row for row in range(len(scores)) if self.fails(given[row])]
        if failing and self.error is not None:
            raise self.error
        scores[failing, 0] = torch.nan
        return scores


class Rowwise(Watched):
    """Decodes as kernels do: in the blocks of each sequence, without a view of all."""

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        assert isinstance(cache, PagedBatch)
        memory = Pages([layer.keys for layer in cache.layers], [layer.values for layer in cache.layers])
        pairs = zip(cache.tables.tolist(), cache.lengths.tolist(), strict=True)
        views = [memory.batch([table], [length]) for table, length in pairs]
        self.decoded.append(len(ids))
        rows = [
            self._network.decode(ids[at : at + 1], positions[at : at + 1], None, view) for at, view in enumerate(views)
        ]
        return torch.cat(rows)


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (48, 40, 3), np.uint8))


def prompt(model: Answerer, *parts: Any) -> ModelInputs:
    return model.assembler.batch([model.assembler.talk([user(*parts)], ask=True)])


def eight(model: Answerer) -> list[Request]:
    """Requests that differ in everything."""
    sound = AudioClip(np.random.default_rng(9).normal(0, 0.1, 9000).astype(np.float32))
    prompts = [
        ("What is this?", picture(0)),
        ("How many?",),
        (picture(0), "And its colour?"),
        (picture(1), picture(2), "Same or not? " * 6),
        (sound, "What is heard?"),
        ("a" * 90,),
        (picture(1), sound, "Both?"),
        ("How many?",),
    ]
    return [
        Request(
            prompt(model, *parts),
            Sampling(
                max_tokens=4 + 2 * number,
                temperature=0.0 if number % 2 else 1.0,
                seed=number,
                top_p=0.9,
                repetition_penalty=1.2 if number % 3 else 1.0,
            ),
            tenant="ab"[number % 2],
            priority=number % 3,
        )
        for number, parts in enumerate(prompts)
    ]


def run(engine: Engine, requests: Sequence[Request]) -> list[list[TokenEvent]]:
    return [list(handle) for handle in [engine.submit(each) for each in requests]]


def is_at_rest(engine: Engine) -> bool:
    memory = engine.memory
    assert isinstance(memory, PagedMemory)
    whole = memory.known.make_room(memory.pool.count)
    return whole and engine.active == engine.waiting == 0
