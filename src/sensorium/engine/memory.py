"""Where requests keep keys and values: in shared blocks, or each in a cache of its model's own kind.

A `Seat` is what one answer holds. Memory for the longest answer is reserved when a request is admitted: whoever has
begun can always end, and nobody is thrown out.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from sensorium.core.errors import EngineError
from sensorium.engine.blocks import BlockPool, Known, Stretch
from sensorium.engine.prompt import Prompt
from sensorium.nn.cache import KVCache
from sensorium.nn.paged import PAGE, PagedBatch, Pages, pages

Layers = Sequence[tuple[Tensor, Tensor]]
"""Keys and values of each layer."""


class MakesCaches(Protocol):
    """What is asked of a model here."""

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences."""


class Seat(Protocol):
    """The keys and values of one answer. known: first tokens of the prompt that were there already."""

    known: int

    def cache(self) -> KVCache:
        """For one call of the model."""

    def took(self, tokens: int) -> None:
        """The model has taken so many."""

    def catch_up(self, prompt: Prompt) -> None:
        """Take over what has become known of the prompt meanwhile: `known` tells of how much."""

    def remember(self, key: bytes, length: int) -> None:
        """The first `length` tokens may be shared under this key."""

    def fork(self) -> "Seat":
        """A further answer to the same prompt, which has been taken; as many as the seat was asked for."""

    def release(self) -> None:
        """Give everything back; a second time changes nothing."""


@dataclass(frozen=True)
class Kept:
    """A talk in the cache: its tokens, first place and digest of its media, and the blocks."""

    ids: tuple[int, ...]
    shown: tuple[tuple[int, bytes], ...]
    stretch: Stretch[bytes]


class PagedMemory:
    """Blocks of 16 tokens. Beginnings of prompts are shared; talks are kept until their blocks are needed."""

    def __init__(self, like: KVCache, *, room: int) -> None:
        """Take memory. Args: like: a cache of the model; room: bytes, all that is remembered included."""
        self.pool = BlockPool(max(room // Pages.bytes_of(like), 1))
        self.memory = Pages.like(like, self.pool.count)
        self.known: Known[bytes] = Known(self.pool)
        self._talks: dict[bytes, Kept] = {}

    @property
    def tokens(self) -> int:
        """How many fit in all."""
        return self.pool.count * PAGE

    def needs(self, length: int, answers: int, tokens: int) -> int:
        """Tokens of memory that a request takes at worst."""
        return PAGE * (pages(length + tokens) + (answers - 1) * (pages(length + tokens) - length // PAGE))

    def seat(self, prompt: Prompt, answers: int, tokens: int, talk: bytes | None) -> "PagedSeat | None":
        """Room for answers of so many tokens each, or None where there is not enough now."""
        found = self._found(prompt, talk)
        seat = None if found is None else self._seat(len(prompt), answers, tokens, found)
        # A copied block is one more than the prompt needs: alone in a small memory, it may be the one too many.
        return seat or self._seat(len(prompt), answers, tokens, Stretch(b"", 0, ()))

    def _seat(self, length: int, answers: int, tokens: int, found: Stretch[bytes]) -> "PagedSeat | None":
        """Room for answers behind what was found of their prompt."""
        known, shared = found.length, found.blocks
        self.pool.hold(shared)  # so that making room does not take them
        whole = known // PAGE
        own = pages(length + tokens) - whole
        further = pages(length + tokens) - length // PAGE
        if not self.known.make_room(own + (answers - 1) * further):
            self.pool.release(shared)
            return None
        table = [*shared[:whole], *self.pool.take(own)]
        if known % PAGE:
            self.memory.copy(shared[whole], table[whole])
        self.pool.release(shared[whole:])
        spare = [self.pool.take(further) for _ in range(answers - 1)]
        return PagedSeat(self, table, spare, known)

    def together(self, seats: Sequence["PagedSeat"], ahead: Sequence[int] = ()) -> PagedBatch:
        """The sequences of several seats as one batch.

        Args: ahead: tokens that rows before it add to the same sequence in the same call, for each; () for none.
        """
        further = ahead or [0] * len(seats)
        lengths = [seat.length + more for seat, more in zip(seats, further, strict=True)]
        return self.memory.batch([seat.table for seat in seats], lengths)

    def keep(self, talk: bytes, ids: Sequence[int], shown: Sequence[tuple[int, bytes]], seat: "PagedSeat") -> None:
        """Remember a talk under its name, in place of what it was before; `ids` are all that the seat has taken."""
        self._keep(Kept(tuple(ids), tuple(shown), Stretch(talk, seat.length, tuple(seat.table[: pages(seat.length)]))))

    def adopt(self, talk: bytes, ids: Sequence[int], shown: Sequence[tuple[int, bytes]], layers: Layers) -> None:
        """Keep a talk that comes from elsewhere.

        Inputs: layers: keys and values [K, T, E] of each.

        Raises: EngineError when there is no room for it, or its layers are not those of this model.
        """
        wanted = [(keys.shape[1], keys.shape[3], keys.dtype) for keys in self.memory.keys]
        if [(keys.shape[0], keys.shape[2], keys.dtype) for keys, _ in layers] != wanted:
            raise EngineError(
                "talk: its keys and values are of another model. Restore it with the model that it is of."
            )
        needed = pages(len(ids))
        if not self.known.make_room(needed):
            raise EngineError(
                f"talk: needs {needed} blocks; {self.pool.free} are free now. Restore it later, or raise cache_bytes."
            )
        blocks = self.pool.take(needed)
        self.memory.write(blocks, layers)
        self._keep(Kept(tuple(ids), tuple(shown), Stretch(talk, len(ids), tuple(blocks))))
        self.pool.release(blocks)

    def _keep(self, kept: Kept) -> None:
        self.known.add(kept.stretch)
        self._talks = {key: each for key, each in self._talks.items() if key in self.known}
        self._talks[kept.stretch.key] = kept

    def kept(self, talk: bytes) -> Kept | None:
        """A talk that was kept, if its blocks were not needed since."""
        return self._talks.get(talk) if self.known.find([talk]) else None

    def forget(self, talk: bytes) -> None:
        """Give back what is kept of a talk."""
        self._talks.pop(talk, None)
        self.known.drop(talk)

    def beginning(self, prompt: Prompt) -> Stretch[bytes] | None:
        """The longest known beginning; the last token of a prompt is always taken, since its scores are wanted."""
        return self.known.find([key for key, cut in zip(prompt.keys, prompt.cuts, strict=True) if cut < len(prompt)])

    def _found(self, prompt: Prompt, talk: bytes | None) -> Stretch[bytes] | None:
        """The longer of the known beginning and of what is kept of the talk."""
        found = self.beginning(prompt)
        kept = None if talk is None else self.kept(talk)
        if kept is None:
            return found
        same = prompt.common(kept.ids, kept.shown)
        if found is not None and same <= found.length:
            return found
        return Stretch(kept.stretch.key, same, kept.stretch.blocks[: pages(same)])


class PagedSeat:
    """A sequence in blocks; `table` are its own and those that it shares, `length` how many tokens it has taken."""

    def __init__(self, memory: PagedMemory, table: list[int], spare: list[list[int]], known: int) -> None:
        self.table = table
        self.length = known
        self.known = known
        self._memory = memory
        self._spare = spare

    def cache(self) -> PagedBatch:
        """For one call of the model."""
        return self._memory.together([self])

    def took(self, tokens: int) -> None:
        """The model has taken so many."""
        self.length += tokens

    def catch_up(self, prompt: Prompt) -> None:
        """Take over what has become known of the prompt meanwhile, in place of blocks of its own."""
        found = self._memory.beginning(prompt)
        if found is None or found.length <= self.length:
            return
        whole, pool = found.length // PAGE, self._memory.pool
        if found.length % PAGE:
            self._memory.memory.copy(found.blocks[whole], self.table[whole])
        pool.hold(found.blocks[:whole])
        pool.release(self.table[:whole])
        self.table[:whole] = found.blocks[:whole]
        self.length = self.known = found.length

    def remember(self, key: bytes, length: int) -> None:
        """The first `length` tokens may be shared under this key; what is written behind them does no harm."""
        self._memory.known.add(Stretch(key, length, tuple(self.table[: pages(length)])))

    def fork(self) -> "PagedSeat":
        """A further answer: whole blocks are shared, the last one is copied."""
        whole, own = self.length // PAGE, self._spare.pop()
        self._memory.pool.hold(self.table[:whole])
        if self.length % PAGE:
            self._memory.memory.copy(self.table[whole], own[0])
        other = PagedSeat(self._memory, [*self.table[:whole], *own], [], self.known)
        other.length = self.length
        return other

    def release(self) -> None:
        """Give everything back; a second time changes nothing."""
        for blocks in (self.table, *self._spare):
            self._memory.pool.release(blocks)
        self.table, self._spare = [], []


class OwnMemory:
    """For families whose caches hold more than keys and values: one cache for each answer, nothing shared."""

    def __init__(self, model: MakesCaches, *, tokens: int) -> None:
        """Build. Args: model: makes the caches; tokens: how many may be held at once."""
        self.tokens = tokens
        self.free = tokens
        self._model = model

    def needs(self, length: int, answers: int, tokens: int) -> int:
        """Tokens of memory that a request takes."""
        return answers * (length + tokens)

    def seat(self, prompt: Prompt, answers: int, tokens: int, talk: bytes | None) -> "OwnSeat | None":
        """Room for answers of so many tokens each, or None where there is not enough now. Nothing of talks is kept."""
        needed = self.needs(len(prompt), answers, tokens)
        if needed > self.free:
            return None
        self.free -= needed
        return OwnSeat(self, self._model.new_cache(1, len(prompt) + tokens), len(prompt) + tokens, answers - 1)


class OwnSeat:
    """One cache of a model's own kind."""

    def __init__(self, memory: OwnMemory, cache: KVCache, tokens: int, spare: int) -> None:
        self.known = 0
        self._memory = memory
        self._cache = cache
        self._tokens = tokens
        self._spare = spare

    def cache(self) -> KVCache:
        """For one call of the model."""
        return self._cache

    def took(self, tokens: int) -> None:
        """The cache counts for itself."""

    def catch_up(self, prompt: Prompt) -> None:
        """Nothing is shared."""

    def remember(self, key: bytes, length: int) -> None:
        """Nothing is shared."""

    def fork(self) -> "OwnSeat":
        """A further answer, with a copy."""
        self._spare -= 1
        return OwnSeat(self._memory, copy.deepcopy(self._cache), self._tokens, 0)

    def release(self) -> None:
        """Give everything back; a second time changes nothing."""
        self._memory.free += self._tokens * (1 + self._spare)
        self._tokens = 0
