"""Caches remember, forget and grow; masks show each query what came before it and no padding."""

import pytest
import torch

from sensorium.core.errors import EngineError
from sensorium.nn.cache import KVCache, causal_mask

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
