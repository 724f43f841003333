"""Rotary positions: lengths stay, and scores depend on differences of positions alone, along every axis."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from sensorium.nn.rotary import Rotary, frequencies, rotate, rotation, stretched

HEAD = 12
QUERY, KEY = torch.randn(2, 1, 1, 1, HEAD, generator=torch.Generator().manual_seed(0)).double()


def score(query_at: list[float], key_at: list[float]) -> float:
    """The attention score of one fixed query and key at two places."""
    turned = [
        rotate(x, doubled(rotation(torch.tensor([at]), HEAD, base=100.0)))
        for x, at in ((QUERY, query_at), (KEY, key_at))
    ]
    return float((turned[0] * turned[1]).sum())


def doubled(by: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return by[0].double(), by[1].double()


@pytest.mark.parametrize("axes", [1, 2, 3])
@given(data=st.data())
def test_scores_depend_on_differences_only(axes: int, data: st.DataObject) -> None:
    place = st.lists(st.floats(-50, 50, width=32), min_size=axes, max_size=axes)
    first, second, shift = data.draw(place), data.draw(place), data.draw(place)
    moved = [[at + by for at, by in zip(each, shift, strict=True)] for each in (first, second)]
    assert score(*moved) == pytest.approx(score(first, second), abs=1e-3)


def test_every_axis_matters_and_by_its_own_share() -> None:
    here = score([0, 0, 0], [0, 0, 0])
    moved = [score([0, 0, 0], place) for place in ([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0])]
    assert len({round(each, 6) for each in (here, *moved)}) == 4
    cos, _ = rotation(torch.tensor([[5.0, 0.0, 0.0]]), HEAD, base=100.0)
    assert cos[0, 2:].tolist() == [1.0] * 4  # the other axes' shares stand still
    assert (cos[0, :2] != 1).all()


def test_turning_keeps_lengths_and_type() -> None:
    x = torch.randn(2, 3, 5, HEAD).bfloat16()
    turned = rotate(x, rotation(torch.arange(5.0).unsqueeze(-1), HEAD, base=100.0))
    assert turned.dtype == torch.bfloat16
    torch.testing.assert_close(turned.float().norm(dim=-1), x.float().norm(dim=-1), atol=0.05, rtol=0.02)


def test_position_zero_turns_nothing() -> None:
    x = torch.randn(1, 1, 1, HEAD)
    torch.testing.assert_close(rotate(x, rotation(torch.zeros(1, 2), HEAD, base=100.0)), x)


def test_a_rotary_turns_as_rotation_does_along_one_axis() -> None:
    positions = torch.tensor([[0, 3, 700], [5, 6, 7]])
    found = Rotary(frequencies(HEAD, base=100.0))(positions)
    expected = rotation(positions.unsqueeze(-1), HEAD, base=100.0)
    assert found[0].shape == (2, 3, HEAD // 2)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_stretching_slows_slow_pairs_wholly_quick_ones_not_at_all_and_others_in_part() -> None:
    context = 1000
    turns = torch.tensor([100.0, 4.0, 2.5, 1.0, 0.1])  # within the context
    turning = turns * 2 * math.pi / context
    found = stretched(turning, factor=8.0, slow=1.0, fast=4.0, context=context) / turning
    assert found.tolist() == pytest.approx([1.0, 1.0, (1 + 1 / 8) / 2, 1 / 8, 1 / 8], rel=1e-5)
