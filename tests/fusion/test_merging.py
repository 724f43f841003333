"""Merging is what the paper says, written out as a loop; nothing is lost, order stays, and it can be drawn."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from sensorium.core.errors import ConfigError
from sensorium.fusion.merging import TokenMerging, merge_alike


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def by_hand(rows: Tensor, going: int) -> tuple[Tensor, Tensor]:
    """One step of bipartite matching over [S, D]: the rows left, and where each went."""
    pairs = []
    for one in range(0, len(rows), 2):
        alike = {
            other: float(torch.cosine_similarity(rows[one], rows[other], dim=0)) for other in range(1, len(rows), 2)
        }
        best = max(alike, key=lambda other: alike[other])
        pairs.append((alike[best], one, best))
    host = {place: place for place in range(len(rows))} | {one: best for _, one, best in sorted(pairs)[::-1][:going]}
    left = [place for place, at in host.items() if place == at]
    groups = [[place for place, at in host.items() if at == each] for each in left]
    means = torch.stack([rows[group].mean(dim=0) for group in groups])
    return means, torch.tensor([left.index(host[place]) for place in range(len(rows))])


@pytest.mark.parametrize(("count", "going"), [(2, 1), (7, 3), (8, 1), (8, 4), (13, 5)])
def test_one_step_is_the_paper_written_out(count: int, going: int) -> None:
    rows = random(3, count, 6)
    merged = merge_alike(rows, count - going)
    for item in range(3):
        means, into = by_hand(rows[item], going)
        torch.testing.assert_close(merged.rows[item], means)
        assert merged.into[item].tolist() == into.tolist()
        assert merged.sizes[item].tolist() == torch.bincount(into).tolist()


@given(count=st.integers(1, 20), keep=st.integers(1, 20), seed=st.integers(0, 9))
def test_every_row_of_the_encoder_counts_once(count: int, keep: int, seed: int) -> None:
    rows = random(2, count, 4, seed=seed)
    merged = merge_alike(rows, keep)
    left = min(count, keep)
    assert merged.rows.shape == (2, left, 4)
    for item in range(2):
        for place in range(left):
            members = rows[item][merged.into[item] == place]
            assert len(members) == merged.sizes[item, place] >= 1
            torch.testing.assert_close(merged.rows[item, place], members.mean(dim=0), atol=1e-5, rtol=1e-5)


def test_rows_that_are_the_same_go_first_and_order_stays() -> None:
    rows = torch.eye(6)[[0, 1, 2, 2, 4, 5]].unsqueeze(0)
    merged = merge_alike(rows, 5)
    assert merged.into.tolist() == [[0, 1, 2, 2, 3, 4]]
    assert torch.equal(merged.rows[0], torch.eye(6)[[0, 1, 2, 4, 5]])


def test_rows_that_stand_for_more_weigh_more() -> None:
    rows = torch.tensor([[[1.0, 0.0], [1.0, 0.1]]])
    merged = merge_alike(rows, 1, torch.tensor([[3.0, 1.0]]))
    torch.testing.assert_close(merged.rows, torch.tensor([[[1.0, 0.025]]]))
    assert merged.sizes.tolist() == [[4.0]]


def test_gradients_reach_every_row() -> None:
    rows = random(2, 9, 4).requires_grad_()
    merged = merge_alike(rows, 2)
    (merged.rows * merged.sizes.unsqueeze(-1)).sum().backward()
    assert rows.grad is not None
    torch.testing.assert_close(rows.grad, torch.ones(2, 9, 4))


def test_a_batch_is_its_singles_in_bf16_too() -> None:
    rows = random(4, 11, 8).bfloat16()
    merged = merge_alike(rows, 4)
    assert merged.rows.dtype == torch.bfloat16
    singles = torch.cat([merge_alike(row.unsqueeze(0), 4).rows for row in rows])
    assert torch.equal(merged.rows, singles)


@pytest.mark.parametrize(("cut", "rows", "left"), [(0.0, 9, 9), (0.5, 9, 4), (0.9, 64, 6), (0.7, 10, 3), (0.99, 9, 1)])
def test_the_share_says_how_many_are_left(cut: float, rows: int, left: int) -> None:
    merging = TokenMerging(cut=cut)
    assert merging.rows_out(rows) == left
    assert merging(random(1, rows, 4)).rows.shape == (1, left, 4)


def test_none_stay_none() -> None:
    assert TokenMerging(cut=0.5).rows_out(0) == 0
    assert TokenMerging(cut=0.5)(random(2, 0, 4)).rows.shape == (2, 0, 4)


@pytest.mark.parametrize("cut", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(cut: float) -> None:
    with pytest.raises(ConfigError, match="the share of rows to cut is"):
        TokenMerging(cut=cut)
