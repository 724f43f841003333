"""Scores to tokens: greedy, shares at a temperature, and options that cannot be."""

import math
from dataclasses import fields
from typing import Any

import pytest
import torch

from sensorium.core.errors import UsageError
from sensorium.engine.sampling import LARGEST_SEED, Options, Sampler, Sampling, likeliest

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
        ({"top_k": 0}, "top_k is 0; expected at least 1"),
        ({"top_p": 0.0}, "top_p is 0.0; expected above 0, at most 1"),
        ({"top_p": math.nan}, "top_p is nan"),
        ({"min_p": 1.1}, "min_p is 1.1; expected 0 to 1"),
        ({"repetition_penalty": 0.0}, "repetition_penalty is 0.0; expected 0.01 to 100"),
        ({"presence_penalty": 101.0}, "presence_penalty is 101.0; expected -100 to 100"),
        ({"frequency_penalty": math.inf}, "frequency_penalty is inf"),
        ({"logit_bias": {-1: 0.0}}, "token -1 has 0.0; expected ids from 0"),
        ({"logit_bias": {3: math.nan}}, "token 3 has nan"),
        ({"logit_bias": dict.fromkeys(range(1025), 1.0)}, "logit_bias has 1025 tokens; expected at most 1024"),
        ({"top_log_probs": 21}, "top_log_probs is 21; expected 0 to 20"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Sampling(**options)


def test_the_largest_seed_is_taken() -> None:
    Sampler(Sampling(temperature=1.0, seed=LARGEST_SEED)).choose(SCORES)


def test_options_are_all_the_fields_of_sampling() -> None:
    assert {each.name for each in fields(Sampling)} == set(Options.__annotations__)


@pytest.mark.parametrize("cut", [{"top_k": 2}, {"top_p": 0.9}, {"min_p": 0.2}])
def test_cut_draws_come_from_what_is_left(cut: dict[str, Any]) -> None:
    sampler = Sampler(Sampling(temperature=1.0, seed=1, **cut))
    ids, log_probs = sampler.choose(SCORES[:1].expand(4000, 3))
    assert ids.unique().tolist() == [1, 2]
    chances = SCORES[0, 1:].softmax(dim=0)
    torch.testing.assert_close(torch.bincount(ids, minlength=3)[1:] / 4000, chances, atol=0.03, rtol=0)
    torch.testing.assert_close(log_probs, SCORES[0].log_softmax(dim=-1)[ids])  # as the model has them


def test_cuts_change_no_greedy_answer() -> None:
    assert Sampler(Sampling(top_k=1, top_p=0.1, min_p=1.0)).choose(SCORES)[0].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 1, 1, 1]),
        ({"presence_penalty": 1.5}, [1, 2, 1, 1]),
        ({"frequency_penalty": 1.5}, [1, 2, 1, 0]),
        ({"repetition_penalty": 4.0}, [1, 2, 0, 1]),
        ({"logit_bias": {0: 2.5}}, [0, 0, 0, 0]),
        ({"logit_bias": {1: -100.0}}, [2, 2, 2, 2]),
    ],
)
def test_what_was_said_and_what_users_add_count(options: dict[str, Any], expected: list[int]) -> None:
    sampler = Sampler(Sampling(**options))
    chosen = [sampler.choose(SCORES[:1]) for _ in expected]
    assert [int(ids) for ids, _ in chosen] == expected
    assert all(float(each) == pytest.approx(float(SCORES[0].log_softmax(dim=0)[ids])) for ids, each in chosen)


def test_a_bias_for_a_token_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="token 3; this model has ids below 3"):
        Sampler(Sampling(logit_bias={3: 1.0})).choose(SCORES)


def test_the_likeliest_are_told_in_their_order() -> None:
    scores = torch.tensor([1.0, -torch.inf, 3.0])
    found = likeliest(scores, 3)
    assert [id_ for id_, _ in found] == [2, 0]
    assert sum(math.exp(each) for _, each in found) == pytest.approx(1.0)
    assert likeliest(scores, 1) == found[:1]
