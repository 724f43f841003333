"""Cuts and penalties against their definitions, worked out by hand or token by token."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from sensorium.engine import shaping

SCORES = torch.tensor([[2.0, 1.0, 0.0, -1.0], [0.0, 0.0, 3.0, 0.0]])


def kept(scores: torch.Tensor) -> list[list[int]]:
    return [row.isfinite().nonzero()[:, 0].tolist() for row in scores]


def test_top_k_keeps_so_many_and_what_equals_the_last() -> None:
    assert kept(shaping.top_k(SCORES, 2)) == [[0, 1], [0, 1, 2, 3]]
    assert kept(shaping.top_k(SCORES, 1)) == [[0], [2]]
    assert torch.equal(shaping.top_k(SCORES, 9), SCORES)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8), st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_reach_the_share(numbers: list[float], share: float) -> None:
    scores = torch.tensor([numbers], dtype=torch.float64)
    chances = scores.softmax(dim=1)[0].tolist()
    order = sorted(range(len(numbers)), key=lambda at: -chances[at])
    total, expected = 0.0, []
    for at in order:
        if total >= share - 1e-12:
            break
        total += chances[at]
        expected.append(at)
    (found,) = kept(shaping.top_p(scores, share))
    assert abs(len(found) - len(expected)) <= 1  # a sum that ends on the share may fall on either side
    assert {numbers[at] for at in found[:1]} <= set(numbers)
    assert max(numbers) in {numbers[at] for at in found}
    assert sum(chances[at] for at in found) >= share - 1e-9


def test_min_p_keeps_a_share_of_the_likeliest() -> None:
    assert kept(shaping.min_p(SCORES, math.exp(-1.5))) == [[0, 1], [2]]
    assert kept(shaping.min_p(SCORES, 1.0)) == [[0], [2]]


def test_penalties_are_per_row_and_leave_the_scores_alone() -> None:
    before = SCORES.clone()
    found = shaping.penalised(SCORES, [[0, 3, 3], []], repetition=2.0)
    assert found.tolist() == [[1.0, 1.0, 0.0, -2.0], [0.0, 0.0, 3.0, 0.0]]
    found = shaping.discouraged(SCORES, [[0, 3, 3], [2]], presence=0.5, frequency=0.25)
    assert found.tolist() == [[1.25, 1.0, 0.0, -2.0], [0.0, 0.0, 2.25, 0.0]]
    assert torch.equal(SCORES, before)


def test_bias_is_added_to_all_rows() -> None:
    assert shaping.biased(SCORES, {1: 1.5, 2: -1.0}).tolist() == [[2.0, 2.5, -1.0, -1.0], [0.0, 1.5, 2.0, 0.0]]
