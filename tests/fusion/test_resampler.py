"""Learned queries: what they see is written out here, and where rows lie matters."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.fusion.resampler import QueryBlock, Resampler


def attention(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """Multi-head attention, head by head, of projected rows [N, S, D] after PyTorch's own formula."""
    parts = [each.chunk(heads, dim=-1) for each in (query, key, value)]
    scores = [normed(q) @ normed(k).transpose(1, 2) / q.shape[-1] ** 0.5 for q, k, _ in zip(*parts, strict=True)]
    return torch.cat([each.softmax(dim=-1) @ v for each, v in zip(scores, parts[2], strict=True)], dim=-1)


def normed(x: Tensor) -> Tensor:
    return F.rms_norm(x, x.shape[-1:], eps=1e-6)


@pytest.mark.parametrize("apart", [False, True])
def test_a_block_is_the_formula(apart: bool) -> None:
    torch.manual_seed(0)
    block = QueryBlock(width=8, heads=2, hidden=12, apart=apart)
    queries, rows = torch.randn(3, 4, 8), torch.randn(3, 7, 8)
    expected = queries
    if block.own is not None:
        query, key, value = block.own.qkv(F.layer_norm(expected, (8,))).chunk(3, dim=-1)
        expected = expected + block.own.out(attention(query, key, value, heads=2))
    asking = F.layer_norm(expected, (8,))
    seen = rows if apart else torch.cat((rows, asking), dim=1)
    key, value = block.look.key_value(seen).chunk(2, dim=-1)
    expected = expected + block.look.out(attention(block.look.query(asking), key, value, heads=2))
    expected = expected + block.mlp(F.layer_norm(expected, (8,)))
    torch.testing.assert_close(block(queries, rows), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("width", [8, 10])  # 10 does not divide by three axes: the places have zeros at their end
def test_where_rows_lie_matters(width: int) -> None:
    torch.manual_seed(0)
    resampler = Resampler(width=width, out=6, queries=3, layers=2, heads=2, apart=False)
    rows = torch.randn(2, 12, width)
    found = resampler(rows, (2, 2, 3))
    assert found.shape == (2, 3, 6)
    assert not torch.allclose(resampler(rows, (2, 3, 2)), found, atol=1e-3)
    assert not torch.allclose(resampler(rows.flip(1), (2, 2, 3)), found, atol=1e-3)


def test_any_number_of_rows_goes() -> None:
    resampler = Resampler(width=8, out=6, queries=3, layers=1, heads=2, apart=True)
    for grid in ((1, 1), (5, 9), (17,)):
        assert resampler(torch.randn(1, torch.Size(grid).numel(), 8), grid).shape == (1, 3, 6)
        assert resampler.rows_out(grid) == 3
