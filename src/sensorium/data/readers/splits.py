"""Which items of a labelled set train, and which are held out for validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia, UsageError

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Item numbers: `train` by class; `held_out` by class as well."""

    train: tuple[Indices, ...]
    held_out: tuple[Indices, ...]

    @cached_property
    def fair_order(self) -> Indices:
        """The held-out items, one of each class in turn: any first part of it is balanced."""
        rounds = chain.from_iterable(zip_longest(*(items.tolist() for items in self.held_out)))
        return np.array([item for item in rounds if item is not None], np.intp)

    def draw(self, rng: np.random.Generator) -> tuple[int, int]:
        """Draw a class evenly, then an item of it for training; return (item, class)."""
        label = int(rng.integers(len(self.train)))
        return self.draw_of(rng, label), label

    def draw_of(self, rng: np.random.Generator, label: int, *, validation: bool = False) -> int:
        """Draw an item of the class, held out for `validation`."""
        items = (self.held_out if validation else self.train)[label]
        return int(items[rng.integers(len(items))])


def split_last(labels: NDArray[np.integer], classes: int, share: float, name: str) -> Split:
    """Hold out the last `share` of each class, at least one. Raises: UnreadableMedia for a class of under two."""
    by_class = [np.flatnonzero(labels == label) for label in range(classes)]
    _check(by_class, 2, name)
    cuts = [len(items) - max(1, round(len(items) * share)) for items in by_class]
    return Split(
        tuple(items[:cut] for items, cut in zip(by_class, cuts, strict=True)),
        tuple(items[cut:] for items, cut in zip(by_class, cuts, strict=True)),
    )


def split_where(labels: NDArray[np.integer], held: NDArray[np.bool_], classes: int, name: str) -> Split:
    """Hold out the items marked in `held`. Raises: UnreadableMedia when a class lacks items on either side."""
    train = [np.flatnonzero((labels == label) & ~held) for label in range(classes)]
    held_out = [np.flatnonzero((labels == label) & held) for label in range(classes)]
    _check([*train, *held_out], 1, name)
    return Split(tuple(train), tuple(held_out))


def checked(index: int, size: int, name: str) -> int:
    """Return `index`. Raises: UsageError when it is not a validation sample of the set."""
    if not 0 <= index < size:
        raise UsageError(f"{name}: validation sample {index}; there are {size}. Ask for one of 0 to {size - 1}.")
    return index


def _check(groups: Sequence[Indices], least: int, name: str) -> None:
    smallest = min(len(items) for items in groups)
    if smallest < least:
        raise UnreadableMedia(
            f"{name}: a class has {smallest} items; training and validation need {least} of each. Fetch the set again."
        )
