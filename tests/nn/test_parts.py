"""Norms, feed-forwards, stems, grids and blocks: shapes, and equality with what PyTorch or a formula gives."""

import math

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.block import Block, encoder_block, tower_block
from sensorium.nn.grid import grid_positions, sinusoids
from sensorium.nn.mlp import GatedMlp, Mlp
from sensorium.nn.norm import RmsNorm
from sensorium.nn.rotary import rotation
from sensorium.nn.stem import ConvStem

CPU = torch.device("cpu")


def test_rms_norm_is_that_of_pytorch() -> None:
    ours, theirs = RmsNorm(6), torch.nn.RMSNorm(6, eps=1e-6)
    with torch.no_grad():
        ours.weight.copy_(torch.arange(6.0))
        theirs.weight.copy_(torch.arange(6.0))
    x = torch.randn(2, 3, 6)
    torch.testing.assert_close(ours(x), theirs(x))
    assert ours(x.bfloat16()).dtype == torch.bfloat16


def test_feed_forwards_are_their_formulas() -> None:
    x = torch.randn(2, 5, 4)
    mlp, glu = Mlp(4, 8, out=3), GatedMlp(4, 6)
    torch.testing.assert_close(mlp(x), mlp.down(F.gelu(mlp.up(x))))
    gate, up = (x @ part.T for part in glu.gate_up.weight.chunk(2))
    torch.testing.assert_close(glu(x), glu.down(gate / (1 + (-gate).exp()) * up))
    assert (mlp(x).shape, glu(x).shape) == ((2, 5, 3), (2, 5, 4))


@pytest.mark.parametrize(
    ("strides", "size", "expected"),
    [
        (((2, 2), (2, 2)), (16, 24), (4, 6)),
        (((2, 2), (2, 2), (2, 1)), (16, 12), (2, 3)),
        (((1, 1),), (5, 7), (5, 7)),
    ],
)
def test_a_stem_shrinks_by_the_product_of_its_strides(
    strides: tuple[tuple[int, int], ...], size: tuple[int, int], expected: tuple[int, int]
) -> None:
    channels = (3, *range(8, 8 + 8 * len(strides), 8))
    stem = ConvStem(channels, strides)
    assert stem(torch.randn(2, 3, *size)).shape == (2, channels[-1], *expected)


def test_grids_are_read_row_by_row() -> None:
    assert grid_positions(2, 3, device=CPU).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert grid_positions(2, 1, 2, device=CPU).tolist() == [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]


def test_sinusoids_are_their_formula() -> None:
    found = sinusoids(torch.tensor([[3.0, 5.0]]), 8, base=100.0)[0].tolist()
    expected = [part(at * 100.0**-step) for at in (3.0, 5.0) for part in (math.sin, math.cos) for step in (0, 0.5)]
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "block", [encoder_block(16, 2, 24), tower_block(16, 2, 24, activation="gelu", eps=1e-6)], ids=["encoder", "tower"]
)
def test_blocks_keep_shapes_and_train(block: Block) -> None:
    x = torch.randn(2, 5, 16)
    y = block(x, rotation(torch.arange(5.0).unsqueeze(-1), block.attention.head_width, base=100.0))
    assert y.shape == x.shape
    y.square().sum().backward()
    assert all(bool(each.grad is not None and each.grad.any()) for each in block.parameters())
