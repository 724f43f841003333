"""What the studio keeps, in one SQLite file: talks, their media, and what people thought of answers.

Everything has an owner, whoever holds a key, and is seen by nobody else. Media and opinions belong to a talk: with it
they are erased, and the pages of the file that held them are overwritten.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sensorium.core.errors import EngineError, UsageError
from sensorium.serving.faults import Refusal

MOST_BYTES = 2 * 2**30
"""Of all media of one owner."""

MOST_TALKS = 10_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS talks(
    owner TEXT, id TEXT, title TEXT NOT NULL, turns TEXT NOT NULL, changed REAL NOT NULL, PRIMARY KEY(owner, id)
);
CREATE TABLE IF NOT EXISTS media(
    owner TEXT, talk TEXT, id TEXT, type TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY(owner, talk, id),
    FOREIGN KEY(owner, talk) REFERENCES talks(owner, id) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS opinions(
    owner TEXT, talk TEXT, asked TEXT, answer TEXT, good INTEGER NOT NULL, better TEXT NOT NULL,
    PRIMARY KEY(owner, talk, asked, answer),
    FOREIGN KEY(owner, talk) REFERENCES talks(owner, id) ON DELETE CASCADE
);
"""


class Title(NamedTuple):
    """A talk in a list: `changed` in seconds since 1970."""

    id: str
    title: str
    changed: float


class Opinion(NamedTuple):
    """What someone thought of an answer. `asked` are the turns before it; `better` a correction, or nothing."""

    talk: str
    asked: list[Any]
    answer: str
    good: bool
    better: str


class Book:
    """The file. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Open, or make. Raises: UsageError where that is not possible."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            with self._open() as base:
                base.executescript("PRAGMA journal_mode = WAL;" + _SCHEMA)
        except (OSError, sqlite3.Error, EngineError) as error:
            raise UsageError(
                f"{path}: the studio cannot keep its talks there ({error}); expected a place to write. Name "
                "another folder in XDG_DATA_HOME."
            ) from error

    def titles(self, owner: str) -> list[Title]:
        """All talks, the latest first."""
        with self._open() as base:
            rows = base.execute("SELECT id, title, changed FROM talks WHERE owner = ? ORDER BY changed DESC", (owner,))
            return [Title(*row) for row in rows]

    def turns(self, owner: str, talk: str) -> tuple[str, list[Any]]:
        """The title and the turns of a talk. Raises: Refusal."""
        with self._open() as base:
            row = base.execute("SELECT title, turns FROM talks WHERE owner = ? AND id = ?", (owner, talk)).fetchone()
        if row is None:
            raise _missing("talk")
        return row[0], json.loads(row[1])

    def write(self, owner: str, talk: str, title: str, turns: list[object]) -> None:
        """Keep a talk as it now is. Raises: Refusal when there are too many."""
        with self._open() as base:
            (count,) = base.execute("SELECT count(*) FROM talks WHERE owner = ? AND id <> ?", (owner, talk)).fetchone()
            if count >= MOST_TALKS:
                raise Refusal("too_large", f"{count} talks are kept; expected fewer. Delete some.")
            base.execute(
                "INSERT INTO talks VALUES(?, ?, ?, ?, ?) ON CONFLICT(owner, id) DO UPDATE SET title = excluded.title, "
                "turns = excluded.turns, changed = excluded.changed",
                (owner, talk, title, json.dumps(turns, ensure_ascii=False), time.time()),
            )

    def erase(self, owner: str, talk: str | None = None) -> int:
        """Erase a talk, or all, with everything that belongs to it. Returns: how many."""
        with self._open() as base:
            if talk is None:
                return base.execute("DELETE FROM talks WHERE owner = ?", (owner,)).rowcount
            return base.execute("DELETE FROM talks WHERE owner = ? AND id = ?", (owner, talk)).rowcount

    def put_medium(self, owner: str, talk: str, medium: str, type_: str, data: bytes) -> None:
        """Keep a medium of a talk. Raises: Refusal for an unknown talk, or when too much is kept."""
        with self._open() as base:
            (size,) = base.execute(
                "SELECT coalesce(sum(length(data)), 0) FROM media WHERE owner = ?", (owner,)
            ).fetchone()
            if size + len(data) > MOST_BYTES:
                raise Refusal("too_large", f"{size} bytes of media are kept, at most {MOST_BYTES} are. Delete talks.")
            _into_talk(base, "INSERT OR REPLACE INTO media VALUES(?, ?, ?, ?, ?)", (owner, talk, medium, type_, data))

    def medium(self, owner: str, talk: str, medium: str) -> tuple[str, bytes]:
        """The type and the bytes of a medium. Raises: Refusal."""
        with self._open() as base:
            row = base.execute(
                "SELECT type, data FROM media WHERE owner = ? AND talk = ? AND id = ?", (owner, talk, medium)
            ).fetchone()
        if row is None:
            raise _missing("medium")
        return row[0], row[1]

    def judge(self, owner: str, opinion: Opinion) -> None:
        """Keep an opinion in the place of an earlier one on the same answer. Raises: Refusal for an unknown talk."""
        asked = json.dumps(opinion.asked, ensure_ascii=False, sort_keys=True)
        row = (owner, opinion.talk, asked, opinion.answer, opinion.good, opinion.better)
        with self._open() as base:
            _into_talk(base, "INSERT OR REPLACE INTO opinions VALUES(?, ?, ?, ?, ?, ?)", row)

    def opinions(self, owner: str) -> list[Opinion]:
        """All opinions, in the order of their talks."""
        with self._open() as base:
            rows = base.execute(
                "SELECT talk, asked, answer, good, better FROM opinions WHERE owner = ? ORDER BY talk, rowid", (owner,)
            ).fetchall()
        return [
            Opinion(talk, json.loads(asked), answer, bool(good), better) for talk, asked, answer, good, better in rows
        ]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction of its own. Raises: EngineError when the disk fails."""
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as base, base:
                base.execute("PRAGMA foreign_keys = ON")
                base.execute("PRAGMA secure_delete = ON")
                yield base
        except sqlite3.Error as error:
            raise EngineError(f"{self._path}: {error}; expected a sound file. Look at the disk.") from error


def _into_talk(base: sqlite3.Connection, statement: str, row: tuple[object, ...]) -> None:
    try:
        base.execute(statement, row)
    except sqlite3.IntegrityError as error:
        raise _missing("talk") from error


def _missing(what: str) -> Refusal:
    return Refusal("not_found", f"{what}: there is none of that id here; expected one that is kept. Choose another.")
