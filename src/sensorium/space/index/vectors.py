"""The places that a store keeps, searched: all of them one by one while they are few, through lists once they are many.

Lists stand in a file beside the database, which names it with its SHA-256. What was stored after they were made is
searched one by one; what was removed since is no longer in the database, and so never found.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from sensorium.core.files import write_atomic
from sensorium.space.index.nearest import RERANKED, Ids, Lists, available, from_data, sample_size, top, train
from sensorium.space.index.rows import unpacked
from sensorium.space.index.schema import transaction
from sensorium.space.index.types import Match, Rows

FEW = 50_000
"""Up to so many places are compared one by one: some ten milliseconds."""

_CHUNK = 20_000
_GROWN = 4
"""Lists are trained anew when there are so many times the places that they were trained for."""


@dataclass(frozen=True)
class _Note:
    """What the database knows of the lists: their file, and the last item in them."""

    file: str
    last: int
    trained: int
    recall: float


class Vectors:
    """Places of items, in the database `base` and lists in `folder`; `few` of them need no lists."""

    def __init__(self, base: sqlite3.Connection, folder: Path, width: int, *, few: int = FEW) -> None:
        self._base = base
        self._folder = folder
        self._width = width
        self._few = few
        self._loaded: tuple[_Note, Lists] | None = None
        self._rest: tuple[object, Ids, Rows] | None = None

    @property
    def recall(self) -> float | None:
        """Of the lists, as measured when they were trained; None without lists."""
        note = self._note()
        return None if note is None else note.recall

    def nearest(self, place: Rows, count: int, allowed: Ids | None = None) -> list[Match]:
        """Items near a place [D], of those `allowed`, the nearest first."""
        if allowed is not None and len(allowed) <= self._few:
            return _best(place, *self.places(allowed), count)
        lists, last = self._lists()
        if lists is None and self._count() > self._few:
            return self._in_pieces(place, count, allowed)
        ids, vectors = self._after(last)
        if allowed is not None:
            kept = np.isin(ids, allowed)
            ids, vectors = ids[kept], vectors[kept]
        if lists is not None:
            near_ids, near = self.places(lists.search(place, RERANKED * count, allowed))
            ids, vectors = np.concatenate([near_ids, ids]), np.concatenate([near, vectors])
        return _best(place, ids, vectors, count)

    def places(self, ids: Ids) -> tuple[Ids, Rows]:
        """Those of the items `ids` that have a place, with their places [N, D]."""
        wanted = json.dumps(ids.tolist())
        select = "SELECT item, vector FROM json_each(?) AS wanted JOIN vectors ON vectors.item = wanted.value"
        return self._decoded(self._base.execute(select, (wanted,)).fetchall())

    def settle(self) -> None:
        """Make, renew or remove the lists, so that they hold little less than all and nothing that is gone."""
        count = self._count()
        dead = np.array([row[0] for row in self._base.execute("SELECT item FROM dead")], np.int64)
        note, (lists, last) = self._note(), self._lists()
        if count <= self._few or not available():
            self._save(None)
        elif note is None or lists is None or count > _GROWN * note.trained:
            self._save(self._train(count))
        else:
            ((late,),) = self._base.execute("SELECT count(*) FROM items WHERE id > ?", (last,))
            if len(dead) or late > max(count // 20, self._few // 10):
                lists.remove(dead)
                lists.add(self._chunks(last))
                self._save(lists)
        self._sweep()

    @property
    def notice(self) -> str:
        """That there are no lists though there are many places, and why; empty otherwise."""
        count = self._count()
        if count <= self._few or available():
            return ""
        return (
            f"{count:,} pieces are compared one by one, which is exact and slow: lists for fast search need the extra "
            "'search'. Install it and index again: pip install 'sensorium[search]'"
        )

    def _count(self) -> int:
        ((count,),) = self._base.execute("SELECT count(*) FROM items")
        return int(count)

    def _in_pieces(self, place: Rows, count: int, allowed: Ids | None) -> list[Match]:
        """All places, a part of them in memory at a time."""
        best: list[Match] = []
        for ids, vectors in self._chunks(0):
            kept = slice(None) if allowed is None else np.isin(ids, allowed)
            best += _best(place, ids[kept], vectors[kept], count)
            best = sorted(best, key=lambda match: -match.score)[:count]
        return best

    def _train(self, count: int) -> Lists:
        ids = np.array([row[0] for row in self._base.execute("SELECT id FROM items")], np.int64)
        some = np.random.default_rng(count).choice(ids, sample_size(count), replace=False)
        return train(count, self.places(some), self._chunks(0))

    def _save(self, lists: Lists | None) -> None:
        """Put lists in the place of those before: first their file, then what is known of it."""
        note = None
        if lists is not None:
            data = lists.data()
            ((last,),) = self._base.execute("SELECT max(id) FROM items")
            note = _Note(f"{sha256(data).hexdigest()}.lists", last, lists.trained, lists.recall)
            write_atomic(self._folder / note.file, data)
        with transaction(self._base):
            self._base.execute("DELETE FROM dead")
            self._base.execute("DELETE FROM meta WHERE key = 'lists'")
            if note is not None:
                self._base.execute("INSERT INTO meta VALUES('lists', ?)", (json.dumps(asdict(note)),))
        self._loaded = None if note is None or lists is None else (note, lists)

    def _sweep(self) -> None:
        """Remove files that nothing names: what a process left behind when it ended in the middle."""
        note = self._note()
        for file in (*self._folder.glob("*.lists"), *self._folder.glob(".*.tmp")):
            if note is None or file.name != note.file:
                file.unlink(missing_ok=True)

    def _note(self) -> _Note | None:
        row = self._base.execute("SELECT value FROM meta WHERE key = 'lists'").fetchone()
        return None if row is None else _Note(**json.loads(row[0]))

    def _lists(self) -> tuple[Lists | None, int]:
        """The lists, if there are any and they are whole, and the last item in them."""
        note = self._note()
        if note is None or not available():
            return None, 0
        if self._loaded is None or self._loaded[0] != note:
            try:
                data = (self._folder / note.file).read_bytes()
            except OSError:
                return None, 0
            if f"{sha256(data).hexdigest()}.lists" != note.file:
                return None, 0
            self._loaded = note, from_data(data, note.trained, note.recall)
        return self._loaded[1], note.last

    def _after(self, last: int) -> tuple[Ids, Rows]:
        """Ids [N] and places [N, D] behind an item; kept until somebody writes."""
        ((version,),) = self._base.execute("PRAGMA data_version")
        state = (last, version, self._base.total_changes)
        if self._rest is None or self._rest[0] != state:
            chunks = list(self._chunks(last))
            ids = np.concatenate([np.zeros(0, np.int64), *(some for some, _ in chunks)])
            rows = np.concatenate([np.zeros((0, self._width), np.float32), *(part for _, part in chunks)])
            self._rest = state, ids, rows
        return self._rest[1], self._rest[2]

    def _chunks(self, last: int) -> Iterator[tuple[Ids, Rows]]:
        cursor = self._base.execute("SELECT item, vector FROM vectors WHERE item > ? ORDER BY item", (last,))
        while rows := cursor.fetchmany(_CHUNK):
            yield self._decoded(rows)

    def _decoded(self, rows: list[tuple[int, bytes]]) -> tuple[Ids, Rows]:
        return np.array([item for item, _ in rows], np.int64), unpacked([blob for _, blob in rows], self._width)


def _best(place: Rows, ids: Ids, vectors: Rows, count: int) -> list[Match]:
    scores = vectors @ place
    return [Match(int(ids[each]), min(1.0, float(scores[each]))) for each in top(scores, count)]
