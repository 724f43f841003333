"""Tokens in blocks: what is appended is read back in order, shared blocks are untouched, a view is a padded batch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.errors import EngineError
from sensorium.nn.cache import KVCache
from sensorium.nn.paged import PAGE, Pages, pages

LIKE = KVCache.empty(layers=2, batch=1, kv_heads=2, capacity=1, head_width=4, like=torch.empty(0))


def rows(batch: int, tokens: int) -> torch.Tensor:
    return torch.randn(batch, 2, tokens, 4)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_pieces_come_back_as_one(lengths: list[int]) -> None:
    memory, table = Pages.like(LIKE, 9), [7, 2, 5, 0, 8, 1, 3, 4]
    keys, so_far = rows(1, sum(lengths)), 0
    for length in lengths:
        layer = memory.batch([table], [so_far]).layers[1]
        piece = keys[:, :, so_far : so_far + length]
        found, values = layer.append(piece, -piece)
        so_far += length
        assert layer.length == so_far
        assert torch.equal(found, keys[:, :, :so_far])
        assert torch.equal(values, -found)


def test_sequences_of_unequal_length_are_padded_on_the_left() -> None:
    memory, tables = Pages.like(LIKE, 4), [[3, 1], [0]]
    first = rows(2, 20)
    memory.write(tables[0], [(first[0], first[0])] * 2)
    memory.write(tables[1], [(first[1, :, :3], first[1, :, :3])] * 2)
    view = memory.batch(tables, [20, 3])
    new = rows(2, 1)
    keys, _ = view.layers[0].append(new, new)
    assert keys.shape == (2, 2, 21, 4)
    assert torch.equal(keys[0], torch.cat((first[0], new[0]), dim=1))
    assert torch.equal(keys[1, :, 17:], torch.cat((first[1, :, :3], new[1]), dim=1))
    present = view.present(1)
    assert present is not None
    assert present.int().tolist() == [[1] * 21, [0] * 17 + [1] * 4]
    assert memory.batch(tables, [2, 2]).present(1) is None


def test_other_blocks_are_left_alone() -> None:
    memory = Pages.like(LIKE, 3)
    for tensor in (*memory.keys, *memory.values):
        tensor.fill_(9.0)
    memory.batch([[1]], [4]).layers[0].append(rows(1, 2), rows(1, 2))
    assert bool((memory.keys[0][[0, 2]] == 9).all())
    assert bool((memory.keys[0][1, :, :4] == 9).all())
    assert bool((memory.keys[0][1, :, 6:] == 9).all())
    memory.copy(1, 2)
    assert torch.equal(memory.keys[0][2], memory.keys[0][1])


@pytest.mark.parametrize(("length", "tokens"), [(16, 1), (10, 7), (0, 17)])
def test_full_blocks_refuse(length: int, tokens: int) -> None:
    view = Pages.like(LIKE, 2).batch([[1]], [length])
    assert view.capacity == PAGE
    with pytest.raises(EngineError, match=f"{tokens} tokens do not fit where {PAGE - length} do"):
        view.layers[0].append(rows(1, tokens), rows(1, tokens))


def test_what_is_read_can_be_written_elsewhere() -> None:
    memory = Pages.like(LIKE, 4)
    whole = rows(1, 20)[0]
    memory.write([0, 1], [(whole, whole + 1), (whole + 2, whole + 3)])
    memory.write([3, 2], memory.read([0, 1], 20))
    for (keys, values), extra in zip(memory.read([3, 2], 20), (0, 2), strict=True):
        assert torch.equal(keys, whole + extra)
        assert torch.equal(values, whole + (extra + 1))


def test_eight_bits_move_as_they_are() -> None:
    like = KVCache.empty(layers=1, batch=1, kv_heads=2, capacity=1, head_width=4, like=torch.empty(0), bits=8)
    memory, first = Pages.like(like, 4), rows(1, 20)
    seen, _ = memory.batch([[0, 1]], [0]).layers[0].append(first, first)
    assert seen.dtype == first.dtype
    assert bool(((seen - first).abs() <= first.abs().amax(dim=-1, keepdim=True) / 253).all())
    memory.write([3, 2], memory.read([0, 1], 20))
    for old, new in zip(memory.read([0, 1], 20)[0], memory.read([3, 2], 20)[0], strict=True):
        assert torch.equal(old, new)


def test_sizes() -> None:
    assert [pages(each) for each in (0, 1, 16, 17)] == [0, 1, 1, 2]
    assert Pages.bytes_of(LIKE) == sum(
        tensor[:1].nbytes for tensor in (*Pages.like(LIKE, 1).keys, *Pages.like(LIKE, 1).values)
    )


def test_kernels_find_sequences_through_tables_and_lengths() -> None:
    view = Pages.like(LIKE, 4).batch([[3, 1], [0]], [20, 3])
    assert (view.tables.tolist(), view.lengths.tolist()) == ([[3, 1], [0, 0]], [20, 3])
    assert (view.tables.dtype, view.lengths.dtype) == (torch.int32, torch.int32)
    assert not view.gathered
    view.layers[0].append(rows(2, 1), rows(2, 1))
    assert view.gathered
