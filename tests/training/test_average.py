"""The mean follows what learns, and only that; while it is applied the weights wait."""

import pytest
import torch
from torch import nn

from sensorium.training.average import Average


@pytest.fixture
def model() -> nn.Linear:
    model = nn.Linear(2, 2)
    nn.init.zeros_(model.weight)
    model.bias.requires_grad_(False)
    return model


def test_the_mean_of_what_learns(model: nn.Linear) -> None:
    average = Average(model, 0.75)
    assert list(average.weights) == ["weight"]
    nn.init.ones_(model.weight)
    average.update(100)
    assert average.weights["weight"].tolist() == [[0.25, 0.25]] * 2
    average.update(0)  # a young one forgets faster
    assert average.weights["weight"][0, 0].item() == pytest.approx(0.25 * 0.1 + 0.9)


def test_weights_come_back_even_after_a_mishap(model: nn.Linear) -> None:
    average = Average(model, 0.9)
    nn.init.ones_(model.weight)
    with pytest.raises(KeyError):
        _fail_within(average, model)
    assert torch.equal(model.weight, torch.ones(2, 2))


def _fail_within(average: Average, model: nn.Linear) -> None:
    with average.applied():
        assert not model.weight.any()
        raise KeyError
