"""Scores to tokens: greedy, shares at a temperature, and options that cannot be."""

import math
from typing import Any

import pytest
import torch

from sensorium.core.errors import UsageError
from sensorium.engine.sampling import LARGEST_SEED, Sampler, Sampling

SCORES = torch.tensor([[1.0, 3.0, 2.0], [0.5, 0.0, 0.4]])


def test_greedy_takes_the_likeliest_and_the_first_of_equals() -> None:
    assert Sampler(Sampling()).choose(SCORES)[0].tolist() == [1, 0]
    assert Sampler(Sampling()).choose(torch.zeros(1, 5))[0].tolist() == [0]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_have_the_shares_that_the_temperature_gives(temperature: float) -> None:
    sampler = Sampler(Sampling(temperature=temperature, seed=1))
    ids, log_probs = sampler.choose(SCORES[:1].expand(20_000, 3))
    shares = torch.bincount(ids, minlength=3) / 20_000
    torch.testing.assert_close(shares, (SCORES[0] / temperature).softmax(dim=-1), atol=0.02, rtol=0)
    torch.testing.assert_close(log_probs, SCORES[0].log_softmax(dim=-1)[ids])  # at temperature 1, whatever was drawn


@pytest.mark.parametrize("temperature", [1e-5, 1e-40, 5e-324])
def test_the_smallest_temperatures_are_greedy(temperature: float) -> None:
    sampler = Sampler(Sampling(temperature=temperature, seed=1))
    assert all(sampler.choose(SCORES)[0].tolist() == [1, 0] for _ in range(20))


def test_scores_in_half_precision_are_taken() -> None:
    ids, log_probs = Sampler(Sampling(temperature=1.0, seed=3)).choose(SCORES.bfloat16())
    assert (ids.shape, log_probs.dtype) == ((2,), torch.float32)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_tokens": 0}, "max_tokens is 0; expected at least 1"),
        ({"temperature": -0.1}, "temperature is -0.1; expected 0 to 100"),
        ({"temperature": 101.0}, "temperature is 101.0"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"seed": -1}, "seed is -1; expected 0 to"),
        ({"seed": LARGEST_SEED + 1}, "seed is 9223372036854775808"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Sampling(**options)


def test_the_largest_seed_is_taken() -> None:
    Sampler(Sampling(temperature=1.0, seed=LARGEST_SEED)).choose(SCORES)
