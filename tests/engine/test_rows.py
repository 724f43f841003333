"""Rows stay while there is room; the least recently used go first."""

import torch

from sensorium.engine.rows import RowsCache


def test_the_least_recently_used_go_first() -> None:
    cache = RowsCache(room=80)
    for name in (b"a", b"b"):
        cache.add(name, torch.ones(10))
    assert cache.find(b"a") is not None
    cache.add(b"c", torch.ones(10))
    assert [cache.find(name) is not None for name in (b"a", b"b", b"c")] == [True, False, True]
    assert cache.bytes == 80


def test_what_is_larger_than_all_room_is_not_kept_and_the_old_goes() -> None:
    cache = RowsCache(room=80)
    cache.add(b"a", torch.ones(10))
    cache.add(b"a", torch.ones(21))
    assert cache.find(b"a") is None
    assert cache.bytes == 0


def test_a_part_does_not_hold_the_whole() -> None:
    cache = RowsCache(room=80)
    whole = torch.arange(1000.0)
    cache.add(b"a", whole[5:10])
    kept = cache.find(b"a")
    assert kept is not None
    assert kept.tolist() == [5, 6, 7, 8, 9]
    assert kept.untyped_storage().nbytes() == 20
