"""Qwen-VL's vision transformer: order of patches, windows, places between learned ones, rows of earlier layers."""

from collections.abc import Mapping
from itertools import pairwise, product

import pytest
import torch
from torch import nn

from sensorium.encoders.vision_qwen import (
    Cut,
    Merger,
    PlaceTable,
    QwenVision,
    Sight,
    by_squares,
    cut_windows,
    patches,
)
from sensorium.nn.block import tower_block

CUT = Cut(patch=2, tubelet=2, fold=2)
WIDTH, OUT, LAYERS = 16, 6, 3


def tower(sight: Sight | None = None, *, places: bool = False, deep: tuple[int, ...] = (), seed: int = 0) -> QwenVision:
    torch.manual_seed(seed)

    def merger(joined: bool = False) -> Merger:
        return Merger(width=WIDTH, square=CUT.square, out=OUT, norm=nn.LayerNorm, joined=joined)

    mergers: Mapping[int, Merger] = {index: merger(joined=True) for index in deep}
    made = QwenVision(
        cut=CUT,
        embedding=nn.Linear(3 * CUT.tubelet * CUT.patch**2, WIDTH),
        blocks=[tower_block(WIDTH, 2, 24, activation="gelu", eps=1e-6) for _ in range(LAYERS)],
        merger=merger(),
        sight=sight or Sight(),
        places=PlaceTable(side=5, width=WIDTH) if places else None,
        deep=mergers,
    )
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn_like(each) * 0.3)
    return made


def test_patches_stand_square_by_square_and_hold_colour_frame_row_column() -> None:
    frames = torch.arange(2 * 3 * 4 * 8).view(2, 3, 4, 8).float()
    found = patches(frames, CUT)
    assert found.shape == (1, 8, 24)
    corners = [(0, 0), (0, 2), (2, 0), (2, 2), (0, 4), (0, 6), (2, 4), (2, 6)]  # the first pixel of each patch
    for patch, (row, column) in zip(found[0], corners, strict=True):
        expected = [
            frames[frame, colour, row + down, column + across].item()
            for colour, frame, down, across in product(range(3), range(2), range(2), range(2))
        ]
        assert patch.tolist() == expected


def test_a_last_frame_alone_stands_twice() -> None:
    frames = torch.randn(3, 3, 4, 4)
    assert torch.equal(patches(frames, CUT), patches(torch.cat((frames, frames[-1:])), CUT))
    assert patches(frames[:1], CUT).shape == (1, 4, 24)


def test_cells_by_squares() -> None:
    assert by_squares(torch.arange(16).view(16, 1), 4, 4, 2).flatten().tolist() == [
        *(0, 1, 4, 5, 2, 3, 6, 7),
        *(8, 9, 12, 13, 10, 11, 14, 15),
    ]


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (4, 4), (5, 7), (3, 9), (8, 2), (4, 5)])
def test_windows_cover_every_square_once(rows: int, columns: int) -> None:
    windows = cut_windows(rows, columns, 4)
    assert sorted(windows.order.tolist()) == list(range(rows * columns))
    assert sum(count * squares for count, squares in windows.groups) == rows * columns
    start, seen = 0, set()
    for count, squares in windows.groups:
        for window in windows.order[start : start + count * squares].view(count, squares).tolist():
            assert len({(cell // columns // 4, cell % columns // 4) for cell in window}) == 1
            assert all(left < right for left, right in pairwise(window))  # in reading order
            seen.add((window[0] // columns // 4, window[0] % columns // 4))
        start += count * squares
    assert len(seen) == -(-rows // 4) * -(-columns // 4)


@pytest.mark.parametrize(("height", "width"), [(4, 4), (12, 20), (8, 28)])
def test_windows_are_what_a_mask_would_be(height: int, width: int) -> None:
    windowed, whole = tower(Sight(2, (1,))), tower()
    pixels = torch.randn(2, 3, height, width)
    down, across = height // 4, width // 4
    cells = torch.arange(down * across)
    window = ((cells // across // 2) * across + cells % across // 2).repeat_interleave(4)
    mask = window[:, None] == window
    for index in (0, 2):
        block = whole.blocks[index]
        plain = block.forward
        block.forward = lambda x, turn, plain=plain: plain(x, turn, mask=mask)
    torch.testing.assert_close(windowed(pixels), whole(pixels), atol=1e-5, rtol=1e-5)


def test_windows_matter_and_whole_layers_see_beyond_them() -> None:
    pixels = torch.randn(1, 3, 16, 16)
    other = pixels.clone()
    other[:, :, 8:, 8:] += 1.0
    first = slice(0, 1)
    blind, seeing = tower(Sight(2)), tower(Sight(2, (1,)))
    torch.testing.assert_close(blind(pixels)[first], blind(other)[first])
    assert not torch.allclose(seeing(pixels)[first], seeing(other)[first], atol=1e-3)


@pytest.mark.parametrize("sight", [Sight(), Sight(2, (1,))])
def test_pairs_of_frames_do_not_see_each_other(sight: Sight) -> None:
    encoder, frames = tower(sight, places=True, deep=(0,)), torch.randn(6, 3, 8, 12)
    apart = torch.cat([encoder(pair) for pair in frames.split(2)])
    torch.testing.assert_close(encoder(frames), apart, atol=1e-5, rtol=1e-5)


def test_places_lie_between_the_learned_ones_from_edge_to_edge() -> None:
    table = PlaceTable(side=3, width=2)
    places = torch.tensor([[0.0, 1.0, 2.0]]).expand(3, 3)
    with torch.no_grad():
        table.table.copy_(torch.stack((places, places.T), -1).view(9, 2))
    across, down = table(2, 5).unbind(-1)
    assert across.view(2, 5).tolist() == [[0.0, 0.5, 1.0, 1.5, 2.0]] * 2
    assert down.view(2, 5).tolist() == [[0.0] * 5, [2.0] * 5]
    torch.testing.assert_close(table(3, 3), table.table)


def test_rows_of_earlier_layers_stand_beside_the_last_ones() -> None:
    encoder = tower(Sight(2, (1,)), deep=(0, 2))
    pixels = torch.randn(1, 3, 12, 12)
    rows = encoder(pixels)
    assert encoder.levels == 3
    assert rows.shape == (9, 3 * OUT)
    with torch.no_grad():
        for each in encoder.blocks[1:].parameters():
            each.zero_()
    again = encoder(pixels)
    torch.testing.assert_close(again[:, OUT : 2 * OUT], rows[:, OUT : 2 * OUT])
    assert not torch.allclose(again[:, :OUT], rows[:, :OUT], atol=1e-3)


def test_gradients_reach_everything() -> None:
    encoder = tower(Sight(2, (1,)), places=True, deep=(0, 1))
    rows = encoder(torch.randn(3, 3, 12, 8))
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in encoder.named_parameters() if each.grad is None or not bool(each.grad.any())] == []
