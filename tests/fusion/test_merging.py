"""Merging is what the paper says, written out as a loop; nothing is lost, order stays, and it can be drawn."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.encoders.vision_native import NativeVisionEncoder
from sensorium.encoders.vision_tower import PositionTable, VisionTower
from sensorium.fusion.merging import (
    Merged,
    MergingBlocks,
    TokenMerging,
    as_they_are,
    merge_alike,
    merge_between,
)
from sensorium.nn.block import encoder_block
from sensorium.nn.rotary import Rotation, rotation


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
    merged = merge_alike(as_they_are(rows), count - going)
    for item in range(3):
        means, into = by_hand(rows[item], going)
        torch.testing.assert_close(merged.rows[item], means)
        assert merged.into[item].tolist() == into.tolist()
        assert merged.sizes[item].tolist() == torch.bincount(into).tolist()


@given(count=st.integers(1, 20), keep=st.integers(1, 20), seed=st.integers(0, 9))
def test_every_row_of_the_encoder_counts_once(count: int, keep: int, seed: int) -> None:
    rows = random(2, count, 4, seed=seed)
    merged = merge_alike(as_they_are(rows), keep)
    left = min(count, keep)
    assert merged.rows.shape == (2, left, 4)
    for item in range(2):
        for place in range(left):
            members = rows[item][merged.into[item] == place]
            assert len(members) == merged.sizes[item, place] >= 1
            torch.testing.assert_close(merged.rows[item, place], members.mean(dim=0), atol=1e-5, rtol=1e-5)


def test_rows_that_are_the_same_go_first_and_order_stays() -> None:
    rows = torch.eye(6)[[0, 1, 2, 2, 4, 5]].unsqueeze(0)
    merged = merge_alike(as_they_are(rows), 5)
    assert merged.into.tolist() == [[0, 1, 2, 2, 3, 4]]
    assert torch.equal(merged.rows[0], torch.eye(6)[[0, 1, 2, 4, 5]])


def test_rows_that_stand_for_more_weigh_more() -> None:
    rows = torch.tensor([[[1.0, 0.0], [1.0, 0.1]]])
    merged = merge_alike(Merged(rows, torch.tensor([[3.0, 1.0]]), torch.arange(2).expand(1, -1)), 1)
    torch.testing.assert_close(merged.rows, torch.tensor([[[1.0, 0.025]]]))
    assert merged.sizes.tolist() == [[4.0]]


def test_gradients_reach_every_row() -> None:
    rows = random(2, 9, 4).requires_grad_()
    merged = merge_alike(as_they_are(rows), 2)
    (merged.rows * merged.sizes.unsqueeze(-1)).sum().backward()
    assert rows.grad is not None
    torch.testing.assert_close(rows.grad, torch.ones(2, 9, 4))


def test_a_batch_is_its_singles_in_bf16_too() -> None:
    rows = random(4, 11, 8).bfloat16()
    merged = merge_alike(as_they_are(rows), 4)
    assert merged.rows.dtype == torch.bfloat16
    singles = torch.cat([merge_alike(as_they_are(row.unsqueeze(0)), 4).rows for row in rows])
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


def test_every_row_gets_that_of_its_group_again() -> None:
    rows = random(2, 9, 4)
    assert torch.equal(as_they_are(rows).spread(), rows)
    merged = merge_alike(as_they_are(rows), 3)
    for item in range(2):
        for place in range(9):
            assert torch.equal(merged.spread()[item, place], merged.rows[item, merged.into[item, place]])


def tower(layers: int = 3) -> NativeVisionEncoder:
    torch.manual_seed(0)
    return NativeVisionEncoder(width=24, layers=layers, heads=2, hidden=48, stem=(8, 8)).eval()


def test_between_blocks_nothing_cut_is_the_tower_itself() -> None:
    pixels = random(2, 3, 32, 48).clamp(-1, 1)
    plain = tower()
    expected = plain(pixels)
    merge_between(plain, 0.0)
    assert torch.equal(plain(pixels), expected)


def test_between_blocks_each_gets_fewer_rows_and_the_grid_is_whole_again() -> None:
    encoder = tower(layers=4)
    seen: list[int] = []
    for block in encoder.blocks:
        block.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1]))
    merge_between(encoder, 0.75)
    assert encoder(random(2, 3, 32, 48)).shape == (2, 24, 24)
    assert seen == [24, 18, 12, 6]
    assert isinstance(encoder.blocks, MergingBlocks)
    assert encoder.blocks.rows_in(24) == seen
    assert encoder.state_dict().keys() == tower(layers=4).state_dict().keys()


def test_between_blocks_a_batch_is_its_singles() -> None:
    encoder = tower()
    merge_between(encoder, 0.6)
    pixels = random(3, 3, 32, 32)
    singles = torch.cat([encoder(each.unsqueeze(0)) for each in pixels])
    torch.testing.assert_close(encoder(pixels), singles, atol=1e-5, rtol=1e-5)


class Through(nn.Module):
    """A block that changes nothing, and keeps the angles that it was given."""

    def forward(self, x: Tensor, turn: Rotation) -> Tensor:
        self.angles = torch.atan2(turn[1], turn[0])
        return x


def through(blocks: MergingBlocks, x: Tensor, turn: Rotation) -> Tensor:
    for block in blocks:
        x = block(x, turn)
    return x


def test_equal_rows_at_one_place_are_as_one() -> None:
    """Half of the rows stand twice, with the same rotation: all others see one of each pair only, and none is lost."""
    torch.manual_seed(0)
    block = encoder_block(8, 2, 16)
    places = torch.arange(4.0).repeat_interleave(2).unsqueeze(-1)
    rows = random(1, 4, 8)
    merging = MergingBlocks([Through(), block], cut=0.5)
    once = block(rows, rotation(places[::2], 4, base=10.0))
    twice = through(merging, rows.repeat_interleave(2, dim=1), rotation(places, 4, base=10.0))
    torch.testing.assert_close(twice, once.repeat_interleave(2, dim=1))


def test_a_merged_row_stands_in_the_middle() -> None:
    last = Through()
    rows = torch.eye(3)[[0, 0, 1, 2]].unsqueeze(0)  # the first two are one
    angles = torch.tensor([[0.2], [0.6], [1.0], [1.5]])
    through(MergingBlocks([Through(), last], cut=0.25), rows, (angles.cos(), angles.sin()))
    torch.testing.assert_close(last.angles, torch.tensor([[[0.4], [1.0], [1.5]]]))


def clip_tower() -> VisionTower:
    torch.manual_seed(0)
    return VisionTower(
        patches=nn.Conv2d(3, 8, 4, 4),
        positions=PositionTable(side=4, width=8, class_token=True),
        blocks=[encoder_block(8, 2, 16) for _ in range(3)],
        class_token=True,
    ).eval()


def test_a_tower_may_be_left_behind_any_block_and_keeps_its_class_token() -> None:
    pixels, encoder = random(2, 3, 16, 16), clip_tower()
    plain = encoder.after_each(pixels, (1, -2, -1))
    seen: list[Tensor] = []
    for block in encoder.blocks:
        block.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    merge_between(encoder, 0.75)
    first, second, last = encoder.after_each(pixels, (1, -2, -1))
    assert [each.shape[1] for each in seen] == [17, 11, 4]
    assert torch.equal(first, plain[0])
    assert first.shape == second.shape == last.shape
    torch.testing.assert_close(seen[1][:, 0], first[:, 0])  # nothing was merged into the row of the class token
    assert all((last[:, :1] != last[:, place : place + 1]).any() for place in range(1, 17))


@pytest.mark.parametrize("count", [2, 3, 9])
def test_a_first_row_that_stays(count: int) -> None:
    merged = merge_alike(as_they_are(torch.ones(1, count, 4)), 1, first=1)
    assert merged.sizes.tolist() == [[1.0, count - 1.0]]
    assert merged.into[0].tolist() == [0] + [1] * (count - 1)


def test_encoders_whose_rows_go_other_ways_are_refused() -> None:
    for wrong in (nn.Linear(2, 2), Other()):
        with pytest.raises(ConfigError, match=f"a {type(wrong).__name__} has no blocks that all rows pass"):
            merge_between(wrong, 0.5)
    with pytest.raises(ConfigError, match=r"the share of rows to cut is 1\.5"):
        merge_between(tower(), 1.5)
    encoder = clip_tower()
    merge_between(encoder, 0.5)
    with pytest.raises(ConfigError, match="got a mask for rows that are merged"):
        encoder(random(1, 3, 16, 16), present=torch.ones(1, 16, dtype=torch.bool))


class Other(nn.Module):
    """An encoder of blocks of another kind."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Through()])
