"""Entries along the axes of a space, and what a search gives back of them."""

from pathlib import Path

import numpy as np

from sensorium.space.index.opening import AnyStore
from sensorium.space.index.types import Entry, Filter, Piece, Placed, Spot, Stamp

ALL = Filter()
WHOLE = Spot()


def entry(
    name: str, axis: int = 0, *, digest: str = "", words: str = "", spot: Spot = WHOLE, modified: int = 0
) -> Entry:
    vector = np.full(8, 0.01, np.float32)
    vector[axis] = 1.0
    vector[7] = len(name) / 100
    piece = Piece(
        "image" if spot == Spot() else "video", None, spot, words, f"thumbnail of {name}".encode(errors="replace")
    )
    return Entry(f"/files/{name}", Stamp(1, modified), digest or name, [Placed(piece, vector)])


def axis(number: int) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[number]


def names(store: AnyStore, items: list[int], within: Filter = ALL) -> list[str]:
    return [Path(path).name for each in store.found(items, within) for path in each.paths]


def near(store: AnyStore, number: int, within: Filter = ALL) -> list[str]:
    return names(store, [match.item for match in store.nearest(axis(number), 10, within)], within)
