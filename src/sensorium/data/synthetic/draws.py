"""Random draws from Python sequences: several times faster than `Generator.choice`, which builds arrays."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def one_of(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """Return one of `items`, each with the same chance."""
    return items[int(rng.random() * len(items))]


def some_of(rng: np.random.Generator, items: Sequence[Item], count: int) -> list[Item]:
    """Return `count` different ones of `items` in random order, or all if there are fewer."""
    return [items[int(place)] for place in rng.permutation(len(items))[:count]]


def weighted(rng: np.random.Generator, items: Sequence[tuple[float, Item]]) -> Item:
    """Return one of the (weight, item) pairs' items, with a chance in proportion to its weight."""
    left = rng.random() * sum(weight for weight, _ in items)
    for weight, item in items:
        left -= weight
        if left < 0:
            return item
    return items[-1][1]


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number from `low` (within) to `high` (without)."""
    return low + (high - low) * float(rng.random())


def whole(rng: np.random.Generator, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, both within."""
    return low + int(rng.random() * (high - low + 1))
