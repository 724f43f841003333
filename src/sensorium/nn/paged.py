"""Keys and values in blocks of 16 tokens, so that sequences of any length share one memory, and beginnings are shared.

    keys of a layer [blocks, K, 16, E]      table of a sequence: 3 0 7      its tokens: 16 in block 3, 16 in 0, 5 in 7

A `PagedBatch` looks to a decoder like the `KVCache` of a left-padded batch: `append` writes new tokens into their
blocks and gathers all tokens of every sequence side by side. Who has which block is decided elsewhere
(engine/blocks.py).

Kernels need no gathering: they find keys and values through `tables` and `lengths`, write new ones themselves, and what
they give for a sequence does not depend on those beside it (nn/kernels). `gathered` tells which of the two it was.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from sensorium.core.errors import EngineError
from sensorium.nn.cache import KVCache, LayerCache
from sensorium.nn.coded import numbers, stored

PAGE = 16
"""Tokens of a block."""


def pages(tokens: int) -> int:
    """Blocks that so many tokens need."""
    return -(-tokens // PAGE)


class Pages:
    """The memory of all layers; each [blocks, K, 16, E]."""

    def __init__(self, keys: list[Tensor], values: list[Tensor]) -> None:
        self.keys = keys
        self.values = values

    @classmethod
    def like(cls, cache: KVCache, blocks: int) -> "Pages":
        """Room for the tokens of a model of which `cache` is one. A system gives the memory when it is written to."""
        layers = [tuple(layer.keys.shape) for layer in cache.layers]
        made = [
            [layer.keys.new_empty(blocks, kv_heads, PAGE, width) for _ in range(2)]
            for layer, (_, kv_heads, _, width) in zip(cache.layers, layers, strict=True)
        ]
        return cls([keys for keys, _ in made], [values for _, values in made])

    @staticmethod
    def bytes_of(cache: KVCache) -> int:
        """What one block of all layers takes, of a model of which `cache` is one."""
        return sum(
            2 * PAGE * layer.keys.shape[1] * layer.keys.shape[3] * layer.keys.element_size() for layer in cache.layers
        )

    def copy(self, source: int, target: int) -> None:
        """Make one block hold what another does."""
        for tensor in (*self.keys, *self.values):
            tensor[target] = tensor[source]

    def read(self, table: Sequence[int], length: int) -> list[tuple[Tensor, Tensor]]:
        """Copies of the first tokens of a sequence, as they are held.

        Returns: per layer keys and values [K, length, E].
        """
        found = [layer.seen(layer.keys.dtype) for layer in self.batch([table], [length]).layers]
        return [(keys[0], values[0]) for keys, values in found]

    def write(self, table: Sequence[int], layers: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Fill the blocks of a sequence. Inputs: layers: as `read` gives them."""
        for layer, (keys, values) in zip(self.batch([table], [0]).layers, layers, strict=True):
            layer.append(keys.unsqueeze(0), values.unsqueeze(0))

    def batch(self, tables: Sequence[Sequence[int]], lengths: Sequence[int]) -> "PagedBatch":
        """Sequences that take the same number of further tokens.

        Args: tables: the blocks of each, with room for what comes; lengths: tokens that each has.
        """
        return PagedBatch(self, tables, lengths)


class PagedBatch(KVCache):
    """A view of some sequences, for one call of a model; what it appended stays in the blocks."""

    layers: list["PagedLayer"]  # type: ignore[assignment]

    def __init__(self, memory: Pages, tables: Sequence[Sequence[int]], lengths: Sequence[int]) -> None:
        where = _Where(tables, lengths, memory.keys[0].device)
        pairs = zip(memory.keys, memory.values, strict=True)
        super().__init__([PagedLayer(keys, values, where) for keys, values in pairs])
        self._where = where

    def present(self, tokens: int) -> Tensor | None:
        """Where there is a token and no padding once so many are appended: [B, longest + tokens], None without any."""
        return self._where.present(tokens)

    @property
    def tables(self) -> Tensor:
        """The blocks of each sequence in their order: [B, most blocks] int32."""
        return self._where.tables.int()

    @property
    def lengths(self) -> Tensor:
        """Tokens that each sequence had before this view took any: [B] int32."""
        return self._where.lengths[:, 0].int()

    @property
    def gathered(self) -> bool:
        """Whether something was appended here: rows of a batch were padded, and may differ in their last bits."""
        return self._where.appended

    @property
    def capacity(self) -> int:
        """Tokens that fit into the blocks of the sequence that has fewest left."""
        return self.length + self._where.room


class PagedLayer(LayerCache):
    """One layer of a view; `keys` and `values` are the blocks of all sequences."""

    def __init__(self, keys: Tensor, values: Tensor, where: "_Where") -> None:
        super().__init__(keys, values)
        self._where = where
        self.length = where.longest

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store new tokens and return all so far, each sequence padded on the left to the longest.

        Inputs: keys, values: [B, K, T, E]. Returns: keys, values: [B, K, longest + T, E].

        Raises: EngineError when a sequence's blocks have no room for them.
        """
        blocks, offsets = self._where.new(keys.shape[2])
        self.keys[blocks, :, offsets] = stored(keys, self.keys).transpose(1, 2)
        self.values[blocks, :, offsets] = stored(values, self.values).transpose(1, 2)
        self.length = self._where.longest + keys.shape[2]
        return self.seen(keys.dtype)

    def seen(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """All tokens so far, in a type. Returns: keys, values: [B, K, length, E]."""
        blocks, offsets = self._where.all(self.length)
        held = (self.keys[blocks, :, offsets].transpose(1, 2), self.values[blocks, :, offsets].transpose(1, 2))
        return numbers(held[0], dtype), numbers(held[1], dtype)


class _Where:
    """Blocks and offsets of tokens; found once for all layers of a step."""

    def __init__(self, tables: Sequence[Sequence[int]], lengths: Sequence[int], device: torch.device) -> None:
        self.longest = max(lengths)
        self.room = min(len(table) * PAGE - length for table, length in zip(tables, lengths, strict=True))
        most = max(map(len, tables))
        padded = [[*table, *[0] * (most - len(table))] for table in tables]
        self.tables = torch.tensor(padded, dtype=torch.int64, device=device)
        self.lengths = torch.tensor(lengths, dtype=torch.int64, device=device).unsqueeze(1)  # [B, 1]
        self._padded = min(lengths) < self.longest
        self.appended = False
        self._found: dict[int, tuple[Tensor, Tensor]] = {}

    def new(self, tokens: int) -> tuple[Tensor, Tensor]:
        """Where the next tokens go: blocks and offsets, each [B, tokens]."""
        if tokens > self.room:
            raise EngineError(
                f"cache: {tokens} tokens do not fit where {self.room} do. Take blocks for all new tokens."
            )
        self.appended = True
        blocks, offsets = self.all(self.longest + tokens)
        return blocks[:, -tokens:], offsets[:, -tokens:]

    def all(self, length: int) -> tuple[Tensor, Tensor]:
        """Where all tokens are, padding at those before the first: blocks and offsets, each [B, length]."""
        if length not in self._found:
            at = self._at(length).clamp(min=0)
            self._found = {length: (self.tables.gather(1, at // PAGE), at % PAGE)}
        return self._found[length]

    def present(self, tokens: int) -> Tensor | None:
        """As `PagedBatch.present`."""
        return self._at(self.longest + tokens) >= 0 if self._padded else None

    def _at(self, length: int) -> Tensor:
        """The number of the token at each place, below 0 for padding: [B, length]."""
        places = torch.arange(length, device=self.tables.device)
        return places - (self.longest - self.lengths)
