"""The tables of an index, and how their file is opened.

    contents   what files hold, once per SHA-256; why nothing was taken of it
    files      paths, with the content behind each; two with one content are copies
    items      the pieces of a content: kind and spot, with a checksum over the rest
    vectors, thumbnails, words                 the rest, one row per item
    names      what files are called, one row per file
    dead       items that are gone, until `settle` has erased their bytes
    meta       format, model, width, the lists for fast search

SQLite keeps what is acknowledged: a write-ahead log, flushed to the disk at each commit; freed pages are overwritten.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.core.files import write_atomic

FORMAT = 1
"""Rises when the tables change; an index of a lower format is brought up when it is opened for writing."""

DATABASE = "index.sqlite"

_APPLICATION = 0x53454E53
_WAIT = 10.0
"""Seconds to wait for another process in the middle of a commit."""

_CACHE = 64 * 2**10
"""KiB of pages that are kept; SQLite itself keeps 2 MiB."""

_TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE contents(
    id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, fault TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE files(
    id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, content INTEGER NOT NULL REFERENCES contents(id),
    size INTEGER NOT NULL, modified INTEGER NOT NULL
);
CREATE INDEX files_by_content ON files(content);
CREATE TABLE items(
    id INTEGER PRIMARY KEY AUTOINCREMENT, content INTEGER NOT NULL REFERENCES contents(id), kind TEXT NOT NULL,
    page INTEGER, begin REAL, finish REAL, checksum INTEGER NOT NULL
);
CREATE INDEX items_by_content ON items(content);
CREATE TABLE vectors(item INTEGER PRIMARY KEY REFERENCES items(id), vector BLOB NOT NULL);
CREATE TABLE thumbnails(item INTEGER PRIMARY KEY REFERENCES items(id), jpeg BLOB NOT NULL);
CREATE TABLE dead(item INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE names USING fts5(name, tokenize = 'porter unicode61 remove_diacritics 2');
"""


def create(folder: Path, model: str, width: int) -> None:
    """Make an empty index in `folder`, whole or not at all. Raises: UsageError when nothing can be written there."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    memory.executescript(f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {FORMAT}; {_TABLES}")
    memory.executemany("INSERT INTO meta VALUES(?, ?)", [("model", model), ("width", str(width))])
    data = memory.serialize()
    memory.close()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / DATABASE, data)
    except OSError as error:
        raise UsageError(
            f"{folder}: {error.strerror or error}; expected to make an index there. Give another: --index FOLDER"
        ) from error


def connect(folder: Path, *, write: bool) -> sqlite3.Connection:
    """Open the index in `folder`.

    Raises: UsageError when there is none or a newer Sensorium made it; UnreadableMedia when it is damaged.
    """
    file = folder / DATABASE
    if not file.is_file():
        raise UsageError(
            f"{folder}: there is no index in it; expected one. Make it first: sensorium index PATH --index FOLDER"
        )
    with guarded(folder):
        base = sqlite3.connect(file, timeout=_WAIT, isolation_level=None)
        try:
            _check_format(base, folder)
            base.execute("PRAGMA foreign_keys = ON")
            base.execute("PRAGMA secure_delete = ON")
            base.execute(f"PRAGMA cache_size = -{_CACHE}")
            if write:
                base.execute("PRAGMA journal_mode = WAL")
                base.execute("PRAGMA synchronous = FULL")
            else:
                base.execute("PRAGMA query_only = ON")
        except BaseException:
            base.close()
            raise
    return base


def _check_format(base: sqlite3.Connection, folder: Path) -> None:
    ((application,),) = base.execute("PRAGMA application_id")
    ((found,),) = base.execute("PRAGMA user_version")
    if application != _APPLICATION or found < 1:
        raise UsageError(f"{folder}: its {DATABASE} is no index of ours; expected one. Give another: --index FOLDER")
    if found > FORMAT:
        raise UsageError(
            f"{folder}: an index of format {found}; this Sensorium reads up to {FORMAT}. Install a newer one, or make "
            "another index: --index FOLDER"
        )


@contextmanager
def writer(folder: Path) -> Iterator[None]:
    """Be the one writer of `folder`; the system frees the place when the process ends, however it ends.

    Raises: UsageError when another process is.
    """
    with guarded(folder):
        lock = sqlite3.connect(folder / "writer.lock", timeout=0.0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise UsageError(
                f"{folder}: another process is writing to this index; expected to be the only one. Wait until it is "
                "done, or stop it; what it has stored so far stays."
            ) from error
        yield
    finally:
        lock.close()


@contextmanager
def transaction(base: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; at the end it is on the disk."""
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
        base.execute("COMMIT")
    except BaseException:
        if base.in_transaction:
            base.execute("ROLLBACK")
        raise


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Say in our words what SQLite and the system raise: UsageError, or UnreadableMedia for damage."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise UsageError(
            f"{os.fspath(folder)}: {error}; expected to read and write the index there. Make room, look at the rights "
            "of the folder, or wait for other processes; what was stored stays."
        ) from error
    except sqlite3.DatabaseError as error:
        raise UnreadableMedia(
            f"{os.fspath(folder)}: the index is damaged ({error}); expected it as it was written. Remove the folder "
            "and index again; the files themselves are not touched."
        ) from error
