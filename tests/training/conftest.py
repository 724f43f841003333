"""A material that is quick to draw and to learn, and a recipe on it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch.distributed as dist
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh

from sensorium.data.mixture import Share
from sensorium.data.sample import Domain, Region, Sample, Turn
from sensorium.media.types import Image
from sensorium.models.nano.config import NanoConfig
from sensorium.training import preparation
from sensorium.training.recipe import Optimiser, Recipe

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


class Colours:
    """Plain pictures: which colour?"""

    validation_size = 12

    def __init__(self, name: str) -> None:
        self.name = name

    def train(self, rng: np.random.Generator) -> Sample:
        return self._sample(int(rng.integers(3)), turns=int(rng.integers(1, 3)))

    def validation(self, index: int) -> Sample:
        return self._sample(index % 3, turns=1)

    def _sample(self, which: int, *, turns: int) -> Sample:
        name, colour = list(COLOURS.items())[which]
        image = Image(np.full((32, 32, 3), colour, np.uint8))
        regions = (Region((name,), (0.0, 0.0, 0.5, 1.0)),)
        return Sample((image,), (Turn(f"Which colour {self.name}?", name, "colour"),) * turns, self.name, regions)


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every domain is about colours."""

    def domain(name: str, root: Path) -> Domain:
        return Colours(name)

    monkeypatch.setattr(preparation, "domain", domain)


@pytest.fixture
def recipe(tmp_path: Path, tiny_config: NanoConfig, colours: None) -> Callable[..., Recipe]:
    """Makes a recipe of six steps on two domains of colours, one partly answered, in a folder of its own."""

    def make(folder: str = "run", **changes: Any) -> Recipe:
        base = Recipe(
            name="tiny",
            steps=6,
            mixture={"one": Share(batch=3, answered=2), "two": Share(batch=2)},
            output=str(tmp_path / folder),
            micro_batches=2,
            model=tiny_config,
            optimiser=Optimiser(warmup=2),
            precision="fp32",
            tokenizer_samples=5,
            validate_every=1,
            validation_samples=4,
            save_every=3,
            workers=0,
        )
        return replace(base, **changes)

    return make


@pytest.fixture
def mesh() -> Iterator[DeviceMesh]:
    """Of one process, in which tensors can be held as if in pieces."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)  # type: ignore[attr-defined]
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()
