"""Within `Unfilled` constructors draw and fill nothing; outside, and in all else, nothing changes."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from sensorium.core.errors import ConfigError
from sensorium.nn.skeleton import Unfilled


def test_no_numbers_are_drawn() -> None:
    before = torch.random.get_rng_state()
    with Unfilled():
        nn.Sequential(nn.Linear(3, 4), nn.Conv2d(3, 4, 2), nn.Embedding(5, 6), nn.LayerNorm(3))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_computing_works_as_always() -> None:
    layer = nn.Linear(3, 2)
    x = torch.randn(4, 3)
    with Unfilled():
        inside = layer(x)
    torch.testing.assert_close(inside, layer(x))
    assert nn.LayerNorm(3).weight.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda: nn.Linear(10**7, 10**8), r"\[100000000, 10000000\]"),
        (lambda: nn.Linear(10**12, 10**12), r"\[1000000000000, 1000000000000\]"),
        (lambda: nn.BatchNorm1d(10**17), r"\[100000000000000000\]"),
        (lambda: torch.empty(size=(10**9, 10**9)), r"\[1000000000, 1000000000\]"),
        (lambda: torch.empty(10**9, 10**9), r"\[1000000000, 1000000000\]"),
    ],
)
def test_a_weight_larger_than_memory_is_the_fault_of_its_config(build: Callable[[], object], shape: str) -> None:
    with pytest.raises(ConfigError, match=f"weight of shape {shape}, which no memory holds"), Unfilled():
        build()


def test_other_failures_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shape"), Unfilled():
        torch.zeros(2, 3).view(5)
