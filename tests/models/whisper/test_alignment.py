"""Warping and smoothing are the reference's; tokens get the times at which they look."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.whisper.fakes import TOKENS, listening, scripted

from sensorium.models.whisper.alignment import align, median_filter, normed, warp

size = st.integers(1, 24)


@settings(max_examples=50)
@given(rows=size, columns=size, seed=st.integers(0, 10_000), coarse=st.booleans())
def test_warping_is_the_reference_s(rows: int, columns: int, seed: int, coarse: bool) -> None:
    reference = pytest.importorskip("transformers.models.whisper.generation_whisper")
    cost = np.random.default_rng(seed).normal(size=(rows, columns))
    cost = cost.round() if coarse else cost  # rounded ones have ties
    expected = reference._dynamic_time_warping(cost)
    for found, wanted in zip(warp(cost), expected, strict=True):
        assert found.tolist() == wanted.tolist()


@given(length=st.integers(1, 40), half=st.integers(0, 4), seed=st.integers(0, 100))
def test_smoothing_is_the_reference_s(length: int, half: int, seed: int) -> None:
    reference = pytest.importorskip("transformers.models.whisper.generation_whisper")
    x = torch.randn(2, 3, length, generator=torch.Generator().manual_seed(seed))
    expected = reference._median_filter(x, 2 * half + 1)
    assert torch.equal(median_filter(x, 2 * half + 1), expected)


def test_warping_follows_the_cheap_cells() -> None:
    cost = np.ones((3, 6))
    for row, columns in enumerate(((0, 1), (2, 3, 4), (5,))):
        cost[row, list(columns)] = -1.0
    token_of, row_of = warp(cost)
    assert token_of.tolist() == [0, 0, 1, 1, 1, 2]
    assert row_of.tolist() == [0, 1, 2, 3, 4, 5]


def test_looks_that_are_all_alike_stay_numbers() -> None:
    assert torch.isfinite(normed(torch.full((2, 4, 9), 0.25), 3)).all()


def test_tokens_are_told_when_they_look() -> None:
    _, network = listening(scripted([3, 5, 4]))
    heard = network.hear(torch.zeros(1, 80, 100))
    prompt = TOKENS.prompt("en", "transcribe")
    found = align(network, heard, prompt, [3, 5, 4], tokens=TOKENS, rows=50, median=3)
    # The first of a text comes from the token before it, the fourth, which looks at 0.3 to 0.4 s.
    assert found.times[1:].round(2).tolist() == [0.4, 0.5, 0.6]
    assert found.times.shape == (4,)
    assert found.probabilities.shape == (3,)


def test_probabilities_are_among_texts() -> None:
    _, network = listening(scripted([TOKENS.no_timestamps, 5, 4]))
    heard = network.hear(torch.zeros(1, 80, 100))
    found = align(network, heard, TOKENS.prompt("en", "transcribe"), [5, 4, 7], tokens=TOKENS, rows=50, median=3)
    assert found.probabilities.tolist() == pytest.approx([1.0, 1.0, 1 / TOKENS.end], rel=1e-3)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_sound_of_a_few_rows(rows: int) -> None:
    _, network = listening(scripted([3, 5, 4]))
    heard = network.hear(torch.zeros(1, 80, 100))
    found = align(network, heard, TOKENS.prompt("en", "transcribe"), [3, 5, 4], tokens=TOKENS, rows=rows, median=3)
    assert (found.times < rows * 0.02).all()
    assert (np.diff(found.times) >= 0).all()
