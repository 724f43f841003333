"""Keys and values of tokens already seen, for one batch of sequences that advance together.

A memory is in the type of the model, or in eight bits (nn/coded.py): what is appended comes back as it is remembered.
"""

import torch
from torch import Tensor

from sensorium.core.errors import EngineError
from sensorium.nn.coded import memory_of, numbers, stored


class LayerCache:
    """Room for one layer: keys and values [B, K, capacity, E], of which `length` tokens are filled."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys = keys
        self.values = values
        self.length = 0

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store new tokens and return all so far.

        Inputs: keys, values: [B, K, T, E]. Returns: keys, values: [B, K, length, E].

        Raises: EngineError when there is no room (assigning one token to an empty slice would go unnoticed).
        """
        end = self.length + keys.shape[2]
        if end > self.keys.shape[2]:
            raise EngineError(
                f"cache: {end} tokens do not fit where {self.keys.shape[2]} do. Make it with room for the prompt and "
                "all new tokens."
            )
        self.keys[:, :, self.length : end] = stored(keys, self.keys)
        self.values[:, :, self.length : end] = stored(values, self.values)
        self.length = end
        return numbers(self.keys[:, :, :end], keys.dtype), numbers(self.values[:, :, :end], values.dtype)


class KVCache:
    """One `LayerCache` per layer of a decoder."""

    def __init__(self, layers: list[LayerCache]) -> None:
        self.layers = layers

    @classmethod
    def empty(
        cls,
        *,
        layers: int,
        batch: int,
        kv_heads: int,
        capacity: int,
        head_width: int,
        like: Tensor,
        bits: int | None = None,
    ) -> "KVCache":
        """Room for `capacity` tokens of `batch` sequences, on the device of `like` and in its type, or in 8 `bits`."""
        shape = (batch, kv_heads, capacity, head_width)
        return cls([LayerCache(*(memory_of(like, *shape, bits=bits) for _ in range(2))) for _ in range(layers)])

    @property
    def length(self) -> int:
        """Tokens seen so far, padding included."""
        return self.layers[0].length

    @property
    def capacity(self) -> int:
        """Tokens that fit."""
        return self.layers[0].keys.shape[2]

    def truncate(self, length: int) -> None:
        """Forget everything after the first `length` tokens."""
        for layer in self.layers:
            layer.length = min(layer.length, length)

    def grown(self, capacity: int) -> "KVCache":
        """A cache with room for `capacity` tokens that remembers what this one does."""
        grown = []
        for layer in self.layers:
            batch, heads, _, width = layer.keys.shape
            bigger = LayerCache(*(old.new_empty(batch, heads, capacity, width) for old in (layer.keys, layer.values)))
            bigger.append(layer.keys[:, :, : layer.length], layer.values[:, :, : layer.length])
            grown.append(bigger)
        return KVCache(grown)


def causal_mask(
    queries: int,
    keys: int,
    present: Tensor | None,
    device: torch.device,
    *,
    window: int | None = None,
    both_ways: Tensor | None = None,
) -> Tensor | None:
    """Which key each query may see, or None where each may see all.

    Inputs:
        queries: how many there are; they are the last of `keys` tokens.
        present: [B, keys], False at padding, or None for no padding.
        window: how many tokens a query sees, itself included; None for all before it.
        both_ways: [B, queries, keys], True where a query sees a key whatever their order and distance
            (`group_mask`); None for nowhere.

    Returns: [queries, keys] or [B, 1, queries, keys] bool, True where seen; None for one query that sees all.
    """
    narrow = window is not None and window < keys
    if queries == 1 and not narrow and present is None and both_ways is None:
        return None
    rows = torch.arange(keys - queries, keys, device=device).unsqueeze(-1)
    columns = torch.arange(keys, device=device)
    seen = columns <= rows  # [queries, keys]
    if window is not None and narrow:
        seen &= columns > rows - window
    if both_ways is not None:
        seen = (seen | both_ways).unsqueeze(1)  # [B, 1, queries, keys]
    if present is None:
        return seen
    itself = columns == rows  # padding sees itself, so that no softmax is empty
    return (seen & present[:, None, None, :]) | itself


def group_mask(groups: Tensor, queries: int) -> Tensor:
    """Which tokens see each other in both directions: those of one group, such as the rows of one picture.

    Inputs: groups: [B, keys], the number of each token's group, below 0 for none; `queries` are the last of the keys.

    Returns: [B, queries, keys] bool.
    """
    asking = groups[:, groups.shape[1] - queries :].unsqueeze(-1)
    return (asking == groups.unsqueeze(1)) & (asking >= 0)
