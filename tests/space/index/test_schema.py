"""Opening an index: formats, damage, a full disk."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.space.index import schema
from sensorium.space.index.sqlite import SqliteStore, make_index
from sensorium.space.index.types import Entry, Filter, Piece, Placed, Stamp


def entry(name: str, size: int = 10) -> Entry:
    piece = Piece("image", None, thumbnail=np.random.default_rng(0).bytes(size))
    return Entry(name, Stamp(1, 1), name, [Placed(piece, np.ones(8, np.float32))])


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no index in it"):
        SqliteStore(tmp_path)


def test_a_newer_format_is_refused(store: SqliteStore, folder: Path) -> None:
    store._base.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    with pytest.raises(UsageError, match=f"an index of format {schema.FORMAT + 1}; this Sensorium reads up to"):
        SqliteStore(folder)


def test_another_database_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / schema.DATABASE).execute("CREATE TABLE t(x)").connection.close()
    with pytest.raises(UsageError, match="is no index of ours"):
        SqliteStore(tmp_path)


def test_rubbish_is_damage(tmp_path: Path) -> None:
    (tmp_path / schema.DATABASE).write_bytes(b"rubbish" * 1000)
    with pytest.raises(UnreadableMedia, match="the index is damaged"):
        SqliteStore(tmp_path)


def test_an_index_is_made_once(folder: Path) -> None:
    make_index(folder, "one", 8)
    make_index(folder, "two", 16)
    store = SqliteStore(folder)
    assert (store.model, store.width) == ("one", 8)
    store.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="expected to make an index there"):
        make_index(tmp_path / "file" / "index", "one", 8)


def test_a_full_disk_costs_nothing_that_was_stored(store: SqliteStore) -> None:
    store.write([entry("a")])
    ((pages,),) = store._base.execute("PRAGMA page_count")
    store._base.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(UsageError, match=r"database or disk is full; .* Make room"):
        store.write([entry(f"b{number}", 100_000) for number in range(3)])
    assert store.counts().files == 1
    assert len(store.nearest(np.ones(8, np.float32), 5, Filter())) == 1
    store._base.execute("PRAGMA max_page_count = 1000000")
    store.write([entry("b", 100_000)])
    assert store.counts().files == 2


def test_a_reader_sees_what_is_acknowledged_and_is_not_blocked(store: SqliteStore, folder: Path) -> None:
    store.write([entry("a")])
    reader = SqliteStore(folder)
    with store.writing(), schema.transaction(store._base):
        store._put(entry("b"))
        assert reader.counts().files == 1
    assert reader.counts().files == 2
    assert len(reader.nearest(np.ones(8, np.float32), 5, Filter())) == 2
    reader.close()


def test_a_copied_folder_is_an_index(store: SqliteStore, folder: Path, tmp_path: Path) -> None:
    store.write([entry("a")])
    store.settle()
    shutil.copytree(folder, tmp_path / "copy")
    copy = SqliteStore(tmp_path / "copy")
    assert copy.counts().files == 1
    copy.close()
