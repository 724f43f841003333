"""Blocks are held and free, never both, never lost; what is known goes when its blocks are needed."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sensorium.core.errors import EngineError
from sensorium.engine.blocks import BlockPool, Known, Stretch

COUNT = 8


class Blocks(RuleBasedStateMachine):
    """Requests that come, share beginnings, leave them behind and go."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = BlockPool(COUNT)
        self.known: Known[int] = Known(self.pool)
        self.held: list[list[int]] = []
        self.stretches: dict[int, tuple[int, ...]] = {}

    def forgotten(self) -> None:
        self.stretches = {key: blocks for key, blocks in self.stretches.items() if key in self.known}

    @rule(count=st.integers(1, 5))
    def take(self, count: int) -> None:
        fits = self.known.make_room(count)
        self.forgotten()
        assert fits == (self.pool.free >= count)
        held = {block for blocks in (*self.held, *self.stretches.values()) for block in blocks}
        assert fits or COUNT - len({block for blocks in self.held for block in blocks}) < count
        if fits:
            taken = self.pool.take(count)
            assert not held & set(taken)
            self.held.append(taken)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), key=st.integers(0, 4))
    def remember(self, data: st.DataObject, key: int) -> None:
        blocks = data.draw(st.sampled_from(self.held))
        cut = tuple(blocks[: data.draw(st.integers(1, len(blocks)))])
        self.known.add(Stretch(key, 16 * len(cut), cut))
        self.stretches[key] = cut

    @precondition(lambda self: self.stretches)
    @rule(data=st.data())
    def share(self, data: st.DataObject) -> None:
        found = self.known.find([data.draw(st.sampled_from(sorted(self.stretches)))])
        assert found is not None
        self.pool.hold(found.blocks)
        self.held.append(list(found.blocks))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.pool.release(self.held.pop(data.draw(st.integers(0, len(self.held) - 1))))

    @invariant()
    def none_is_lost_or_held_by_nobody(self) -> None:
        lists = (*self.held, *self.stretches.values())
        for block in range(COUNT):
            assert self.pool.holders(block) == sum(blocks.count(block) for blocks in map(list, lists))
        assert self.pool.free == COUNT - len({block for blocks in lists for block in blocks})
        assert len(self.known) == len(self.stretches)


TestBlocks = Blocks.TestCase


def test_the_longest_known_beginning_is_found_and_the_oldest_goes_first() -> None:
    pool = BlockPool(4)
    known: Known[str] = Known(pool)
    for key in "abc":
        blocks = pool.take(1)
        known.add(Stretch(key, 16, tuple(blocks)))
        pool.release(blocks)
    found = known.find(["x", "a", "y"])
    assert found is not None
    assert found.key == "a"
    assert known.make_room(2)
    assert ["a" in known, "b" in known, "c" in known] == [True, False, True]


def test_room_that_cannot_be_made_costs_nothing() -> None:
    pool = BlockPool(3)
    known: Known[str] = Known(pool)
    busy, idle = pool.take(2), pool.take(1)
    known.add(Stretch("idle", 16, tuple(idle)))
    known.add(Stretch("busy", 32, tuple(busy)))
    pool.release(idle)
    assert not known.make_room(2)
    assert len(known) == 2
    assert known.make_room(1)


def test_mistakes_are_told() -> None:
    pool = BlockPool(1)
    with pytest.raises(EngineError, match="2 blocks wanted, 1 are free"):
        pool.take(2)
    with pytest.raises(EngineError, match="block 0 is free and cannot be shared"):
        pool.hold([0])
    with pytest.raises(EngineError, match="block 0 is let go of but held by nobody"):
        pool.release([0])
