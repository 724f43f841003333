"""Which blocks of a paged cache belong to whom, and what stays known when a request has gone. Plain Python.

    prompt A   [system][picture ][question]     blocks 0 1 2 3 | 4      prefixes: system 0, picture 0 1 2 3
    prompt B   [system][picture ][other   ]     blocks 0 1 2 3'| 5      3' is a copy: B goes on writing in it

A block is held by every request that reads it and by every prefix that ends in it or behind it. Only whole blocks are
shared; the last one of a prefix is copied, since whoever takes it up writes behind it.
"""

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sensorium.core.errors import EngineError

K = TypeVar("K", bound=Hashable)


class BlockPool:
    """Numbers of blocks, each free or held so many times."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = list(range(count - 1, -1, -1))
        self._holders = [0] * count

    @property
    def free(self) -> int:
        """How many blocks nobody holds."""
        return len(self._free)

    def holders(self, block: int) -> int:
        """How often a block is held."""
        return self._holders[block]

    def take(self, count: int) -> list[int]:
        """Hold so many free blocks. Raises: EngineError when there are fewer; look at `free` first."""
        if count > len(self._free):
            raise EngineError(f"cache: {count} blocks wanted, {len(self._free)} are free. Ask for fewer tokens.")
        taken = [self._free.pop() for _ in range(count)]
        for block in taken:
            self._holders[block] = 1
        return taken

    def hold(self, blocks: Iterable[int]) -> None:
        """Hold blocks that others hold already."""
        for block in blocks:
            if not self._holders[block]:
                raise EngineError(f"cache: block {block} is free and cannot be shared. Report this.")
            self._holders[block] += 1

    def release(self, blocks: Iterable[int]) -> None:
        """Let go of blocks; those that nobody holds any more are free."""
        for block in blocks:
            if not self._holders[block]:
                raise EngineError(f"cache: block {block} is let go of but held by nobody. Report this.")
            self._holders[block] -= 1
            if not self._holders[block]:
                self._free.append(block)


@dataclass(frozen=True)
class Stretch(Generic[K]):
    """The first `length` tokens of some prompt, and the blocks that they are in."""

    key: K
    length: int
    blocks: tuple[int, ...]


class Known(Generic[K]):
    """Stretches that are remembered until their blocks are needed, the least recently used first to go."""

    def __init__(self, pool: BlockPool) -> None:
        self._pool = pool
        self._stretches: OrderedDict[K, Stretch[K]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._stretches)

    def __contains__(self, key: object) -> bool:
        return key in self._stretches

    def find(self, keys: Sequence[K]) -> Stretch[K] | None:
        """The stretch of the last key that is known; it and those before it count as used."""
        found = None
        for key in keys:
            if key in self._stretches:
                self._stretches.move_to_end(key)
                found = self._stretches[key]
        return found

    def add(self, stretch: Stretch[K]) -> None:
        """Remember a stretch, in place of an older one of this key."""
        self._pool.hold(stretch.blocks)
        self.drop(stretch.key)
        self._stretches[stretch.key] = stretch

    def drop(self, key: K) -> None:
        """Forget a stretch, if it is known."""
        old = self._stretches.pop(key, None)
        if old is not None:
            self._pool.release(old.blocks)

    def make_room(self, count: int) -> bool:
        """Forget until so many blocks are free, but nothing if that would not do. Returns: whether they are."""
        if self._pool.free + self._only_here() < count:
            return False
        while self._pool.free < count:
            self.drop(next(iter(self._stretches)))
        return True

    def _only_here(self) -> int:
        """How many blocks are held by nobody but stretches."""
        held = Counter(block for each in self._stretches.values() for block in each.blocks)
        return sum(self._pool.holders(block) == times for block, times in held.items())
