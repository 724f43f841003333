"""Many places: lists are made, follow what changes, state their recall, and are never needed for correctness."""

import errno
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import MissingPackage, UsageError
from sensorium.space.index import vectors
from sensorium.space.index.sqlite import SqliteStore, make_index
from sensorium.space.index.types import Entry, Filter, Piece, Placed, Rows, Stamp

pytest.importorskip("faiss")

FEW = 300
WIDTH = 16


def places(count: int, seed: int) -> Rows:
    """Around 20 centres, as embeddings are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((20, WIDTH))
    made = centres[random.integers(20, size=count)] + 0.5 * random.standard_normal((count, WIDTH))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def entries(rows: Rows, first: int = 0, folder: str = "a") -> list[Entry]:
    piece = Piece("image", None)
    return [
        Entry(f"/{folder}/{number}", Stamp(1, 1), f"{folder}{number}", [Placed(piece, row)])
        for number, row in enumerate(rows, first)
    ]


@pytest.fixture
def large(folder: Path) -> Iterator[SqliteStore]:
    """An index of 1,000 places, which is many here."""
    make_index(folder, "m", WIDTH)
    store = SqliteStore(folder, write=True, few=FEW)
    store.write(entries(places(1000, 1)))
    store.settle()
    yield store
    store.close()


def lists_of(folder: Path) -> list[Path]:
    return list(folder.glob("*.lists"))


def recall(store: SqliteStore, rows: Rows, within: Filter | None = None) -> float:
    """Of the ten nearest of 50 queries; items are numbered from 1."""
    hits = 0
    for query in places(50, 99):
        exact = set((np.argsort(-(rows @ query))[:10] + 1).tolist())
        hits += len(exact & {match.item for match in store.nearest(query, 10, within or Filter())})
    return hits / 500


def test_many_places_get_lists_with_a_stated_recall(large: SqliteStore, folder: Path) -> None:
    assert len(lists_of(folder)) == 1
    stated = large.counts().recall
    assert stated is not None
    assert stated >= 0.97
    assert recall(large, places(1000, 1)) >= 0.95


def test_few_places_need_none(store: SqliteStore, folder: Path) -> None:
    store.settle()
    assert (lists_of(folder), store.counts().recall) == ([], None)


def test_a_new_process_uses_the_lists(large: SqliteStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SqliteStore(folder, few=FEW)
    monkeypatch.setattr(reader._vectors, "_chunks", lambda last: iter(()))  # all that is not in lists
    assert recall(reader, places(1000, 1)) >= 0.95
    reader.close()


def test_what_was_stored_after_the_lists_is_found(large: SqliteStore, folder: Path) -> None:
    late = places(5, 7)
    before = lists_of(folder)
    large.write(entries(late, 1000))
    large.settle()
    assert lists_of(folder) == before  # a few more are not worth writing lists anew
    assert [large.nearest(row, 1, Filter())[0].item for row in late] == list(range(1001, 1006))


def test_lists_follow_when_much_was_added(large: SqliteStore, folder: Path) -> None:
    before = lists_of(folder)
    large.write(entries(places(200, 7), 1000))
    large.settle()
    assert len(lists_of(folder)) == 1
    assert lists_of(folder) != before
    assert recall(large, np.concatenate([places(1000, 1), places(200, 7)])) >= 0.95


def test_what_was_removed_is_not_found_and_leaves_the_lists(large: SqliteStore, folder: Path) -> None:
    rows = places(1000, 1)
    before = lists_of(folder)
    large.remove(["/a/3"])
    assert large.nearest(rows[3], 1, Filter())[0].item != 4
    large.settle()
    assert large.nearest(rows[3], 1, Filter())[0].item != 4
    assert lists_of(folder) != before
    loaded = large._vectors._lists()[0]
    assert loaded is not None
    assert (len(loaded), 4 in loaded.search(rows[3], 50)) == (999, False)


def test_lists_go_when_little_is_left(large: SqliteStore, folder: Path) -> None:
    large.remove([f"/a/{number}" for number in range(800)])
    large.settle()
    assert lists_of(folder) == []
    assert large.nearest(places(1000, 1)[900], 1, Filter())[0].item == 901


def test_a_filter_holds_inside_of_lists(large: SqliteStore) -> None:
    rows = places(1000, 1)
    large.write(entries(places(400, 5), 1000, folder="b"))
    large.settle()
    within = Filter(folder="/a")
    assert recall(large, rows, within) >= 0.9
    assert all(match.item <= 1000 for match in large.nearest(places(400, 5)[0], 10, within))
    one = Filter(folder="/b")
    assert large.nearest(places(400, 5)[0], 1, one)[0].item == 1001


@pytest.mark.parametrize("harm", ["flipped", "cut", "gone"])
def test_damaged_lists_are_not_used_and_made_anew(large: SqliteStore, folder: Path, harm: str) -> None:
    (file,) = lists_of(folder)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink() if harm == "gone" else file.write_bytes(data if harm == "flipped" else data[:100])
    reader = SqliteStore(folder, write=True, few=FEW)
    assert recall(reader, places(1000, 1)) == pytest.approx(1.0, abs=0.005)  # exact, but for 16-bit ties
    reader.settle()
    assert reader._vectors._lists()[0] is not None
    reader.close()


def test_a_disk_that_is_full_costs_the_lists_alone(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    rows = places(400, 1)[:, :8]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    few = SqliteStore(folder, write=True, few=FEW)
    few.write(entries(rows))
    monkeypatch.setattr(vectors, "write_atomic", full)
    with pytest.raises(UsageError, match="No space left on device; expected to read and write the index there"):
        few.settle()
    assert few.nearest(rows[3], 1, Filter())[0].item == 4
    monkeypatch.undo()
    few.settle()
    assert len(lists_of(folder)) == 1
    few.close()


def test_leftovers_are_swept(large: SqliteStore, folder: Path) -> None:
    (folder / "0123.lists").write_bytes(b"x")
    (folder / ".abc.tmp").write_bytes(b"x")
    large.settle()
    assert len(lists_of(folder)) == 1
    assert not (folder / ".abc.tmp").exists()


def test_without_faiss_all_are_compared_and_that_is_told(
    large: SqliteStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(module: str, extra: str) -> None:
        raise MissingPackage(f"{module}, {extra}")

    monkeypatch.setattr("sensorium.space.index.nearest.require", missing)
    monkeypatch.setattr(vectors, "_CHUNK", 64)
    assert recall(large, places(1000, 1)) == pytest.approx(1.0, abs=0.005)
    large.remove(["/a/3"])
    large.settle()
    assert (lists_of(folder), large.counts().recall) == ([], None)
    assert "999 pieces are compared one by one, which is exact and slow" in large.notice
    assert large.nearest(places(1000, 1)[7], 1, Filter(folder="/a"))[0].item == 8
    monkeypatch.undo()
    large.settle()
    assert (len(lists_of(folder)), large.notice) == (1, "")
