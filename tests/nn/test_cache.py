"""Caches remember, forget and grow; masks show each query what came before it and no padding."""

import pytest
import torch

from sensorium.core.errors import EngineError
from sensorium.nn.cache import KVCache, causal_mask, group_mask

CPU = torch.device("cpu")


def filled(tokens: int, capacity: int = 6) -> KVCache:
    cache = KVCache.empty(layers=2, batch=3, kv_heads=2, capacity=capacity, head_width=4, like=torch.empty(0))
    for number, layer in enumerate(cache.layers):
        layer.append(*(torch.full((3, 2, tokens, 4), sign * (number + 1.0)) for sign in (1, -1)))
    return cache


def test_append_gives_all_so_far_in_order() -> None:
    cache = filled(2)
    assert (cache.length, cache.capacity) == (2, 6)
    keys, values = cache.layers[1].append(torch.full((3, 2, 1, 4), 5.0), torch.full((3, 2, 1, 4), 6.0))
    assert keys[0, 0, :, 0].tolist() == [2, 2, 5]
    assert values[2, 1, :, 3].tolist() == [-2, -2, 6]


@pytest.mark.parametrize("tokens", [1, 2])
def test_a_full_cache_refuses(tokens: int) -> None:
    layer = filled(6).layers[0]
    with pytest.raises(EngineError, match=f"{6 + tokens} tokens do not fit where 6 do"):
        layer.append(*torch.zeros(2, 3, 2, tokens, 4))
    assert layer.length == 6


def test_truncate_forgets_the_end_and_never_lengthens() -> None:
    cache = filled(4)
    cache.truncate(2)
    assert cache.length == 2
    cache.truncate(5)
    assert [layer.length for layer in cache.layers] == [2, 2]
    keys, _ = cache.layers[0].append(*torch.full((2, 3, 2, 1, 4), 9.0))
    assert keys[0, 0, :, 0].tolist() == [1, 1, 9]


def test_grown_remembers_and_leaves_the_old_one_alone() -> None:
    cache = filled(3, capacity=3)
    bigger = cache.grown(5)
    assert (bigger.length, bigger.capacity, cache.capacity) == (3, 5, 3)
    keys, values = bigger.layers[1].append(*torch.zeros(2, 3, 2, 2, 4))
    assert (keys[0, 0, :, 0].tolist(), values[0, 0, :, 0].tolist()) == ([2, 2, 2, 0, 0], [-2, -2, -2, 0, 0])
    assert cache.layers[1].length == 3


def test_one_query_without_padding_needs_no_mask() -> None:
    assert causal_mask(1, 9, None, CPU) is None


def test_later_queries_see_more() -> None:
    mask = causal_mask(2, 4, None, CPU)
    assert mask is not None
    assert mask.int().tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]


def test_left_padding_is_not_seen_but_by_itself() -> None:
    present = torch.tensor([[False, False, True, True], [True, True, True, True]])
    mask = causal_mask(4, 4, present, CPU)
    assert mask is not None
    assert mask.shape == (2, 1, 4, 4)
    assert mask[0, 0].int().tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert mask[1, 0].int().tolist() == torch.ones(4, 4).tril().int().tolist()
    assert bool(mask.any(dim=-1).all())  # no softmax is empty


def shown(mask: torch.Tensor | None) -> list[str]:
    assert mask is not None
    return ["".join("x" if each else "." for each in row) for row in mask.tolist()]


def test_a_window_hides_what_is_too_far_back() -> None:
    assert shown(causal_mask(4, 4, None, CPU, window=2)) == ["x...", "xx..", ".xx.", "..xx"]
    assert shown(causal_mask(1, 5, None, CPU, window=3)) == ["..xxx"]
    assert causal_mask(1, 3, None, CPU, window=3) is None
    assert shown(causal_mask(2, 3, None, CPU, window=9)) == ["xx.", "xxx"]


def test_tokens_of_a_group_see_each_other_in_both_directions_and_through_a_window() -> None:
    groups = torch.tensor([[-1, 0, 0, -1, 1, 1], [-1, -1, -1, -1, -1, -1]])
    mask = causal_mask(6, 6, None, CPU, window=1, both_ways=group_mask(groups, 6))
    assert mask is not None
    assert mask.shape == (2, 1, 6, 6)
    assert shown(mask[0, 0]) == ["x.....", ".xx...", ".xx...", "...x..", "....xx", "....xx"]
    assert shown(mask[1, 0]) == shown(torch.eye(6))
    assert shown(group_mask(groups, 2)[0]) == ["....xx", "....xx"]


def test_padding_is_seen_by_no_group() -> None:
    present = torch.tensor([[False, True, True]])
    mask = causal_mask(3, 3, present, CPU, both_ways=torch.ones(1, 3, 3, dtype=torch.bool))
    assert mask is not None
    assert shown(mask[0, 0]) == ["xxx", ".xx", ".xx"]


@pytest.mark.parametrize("width", [4, 64])
def test_eight_bits_lose_little_and_grow_unchanged(width: int) -> None:
    cache = KVCache.empty(layers=1, batch=2, kv_heads=2, capacity=3, head_width=width, like=torch.empty(0), bits=8)
    rows = torch.randn(2, 2, 3, width) * 3 ** torch.randn(2, 2, 3, 1)
    rows[0, 0, 0] = 0
    rows[1, 1, 2, 0] = torch.nan
    layer = cache.layers[0]
    layer.append(rows[:, :, :2], -rows[:, :, :2])
    keys, values = layer.append(rows[:, :, 2:], -rows[:, :, 2:])
    assert bool(keys[1, 1, 2].isnan().all())
    keys[1, 1, 2] = rows[1, 1, 2] = values[1, 1, 2] = 0
    assert bool(((keys - rows).abs() <= rows.abs().amax(dim=-1, keepdim=True) / 253).all())
    assert torch.equal(keys, -values)
    grown = cache.grown(5)
    assert (grown.length, grown.capacity) == (3, 5)
    assert torch.equal(grown.layers[0].keys[:, :, :3], layer.keys)
