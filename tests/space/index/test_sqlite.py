"""The store in one file: damage, and what is gone from the disk."""

from pathlib import Path

import numpy as np
import pytest
from tests.space.index.filling import entry, names, near

from sensorium.space.index.sqlite import SqliteStore
from sensorium.space.index.types import Entry, Filter, Piece, Placed, Stamp

CANARY = "xylophonequartz"


def test_a_batch_is_stored_whole_or_not_at_all(store: SqliteStore) -> None:
    bad = Entry("/files/z", Stamp(1, 0), "z", [Placed(Piece("image", None), np.zeros(8))], fault=object())  # type: ignore[arg-type]
    with pytest.raises(Exception, match="type 'object' is not supported"):
        store.write([entry("a"), bad])
    assert store.counts().files == 0


def test_what_the_disk_changed_is_noticed(store: SqliteStore, folder: Path) -> None:
    store.write([entry("a"), entry("b", 1)])
    store._base.execute("UPDATE thumbnails SET jpeg = x'00' WHERE item = 1")
    assert [(names(store, [each.item]), each.intact) for each in store.found([1, 2], Filter())] == [
        (["a"], False),
        (["b"], True),
    ]


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_what_was_removed_leaves_no_bytes(store: SqliteStore, folder: Path) -> None:
    gone = entry("secretname.png", words=f"the {CANARY} page")
    store.write([entry(f"other{number}", number % 7, words="other words") for number in range(50)])
    store.write([gone])
    assert gone.placed
    vector = gone.placed[0].vector
    assert vector is not None
    marks = [b"secretname", CANARY.encode(), b"thumbnail of secretname", vector.astype("<f2").tobytes()]
    store.settle()
    assert all(mark in bytes_of(folder) for mark in marks)
    store.remove([gone.path])
    store.settle()
    assert [mark for mark in marks if mark in bytes_of(folder)] == []
    assert near(store, 6)[0].startswith("other")


def test_what_was_replaced_leaves_no_bytes(store: SqliteStore, folder: Path) -> None:
    store.write([entry("a", words=f"the {CANARY} page", digest="before")])
    store.settle()
    store.write([entry("a", 1, words="another page", digest="after")])
    store.settle()
    assert CANARY.encode() not in bytes_of(folder)
    assert store.matching(CANARY, 5, Filter()) == []
