"""Within `Unfilled` constructors draw and fill nothing; outside, and in all else, nothing changes."""

import torch
from torch import nn

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
