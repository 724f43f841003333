"""The store that comes with the house: one SQLite file, and beside it lists for fast search that are made from it.

Whatever happens to the lists, the file has everything: without them search is exact, and slower.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np

from sensorium.media.types import Modality
from sensorium.space.index.belonging import belongs, check_name, check_sign, read_others, written_others, written_sign
from sensorium.space.index.nearest import Ids
from sensorium.space.index.rows import any_word, checksum, conditions, packed, path_bytes, path_text
from sensorium.space.index.schema import DATABASE, connect, create, guarded, transaction, writer
from sensorium.space.index.store import Counts
from sensorium.space.index.types import Entry, Filter, Found, Match, Placed, Refusal, Rows, SpaceModel, Spot, Stamp
from sensorium.space.index.vectors import FEW, Vectors

_WIDE = 10
"""So many times the wanted pieces are looked at before a filter is turned into a list of all that it lets through."""

_WAITING = ""
"""In the place of the digest of files whose content has to be read again."""

_MANY = 1_000
"""File names that are looked through when words are searched in them."""


def make_index(folder: Path, model: str, width: int) -> None:
    """Make an index of a model's places in `folder`, unless there is one. Raises: UsageError."""
    if not (folder / DATABASE).is_file():
        create(folder, model, width)


class SqliteStore:
    """An index in a folder. Raises: UsageError when there is none; UnreadableMedia when it is damaged."""

    def __init__(self, folder: Path, *, write: bool = False, few: int = FEW) -> None:
        self._folder = folder
        self._write = write
        self._few = few
        self._base = connect(folder, write=write)
        with guarded(folder):
            meta = dict(self._base.execute("SELECT key, value FROM meta"))
        self.model: str = meta["model"]
        self.width = int(meta["width"])
        self._vectors = Vectors(self._base, folder, self.width, few=few)

    def check_model(self, model: SpaceModel) -> None:
        """Refuse another model than that of the index, or other weights: their places have nothing to do with it.

        Raises: UsageError.
        """
        check_name(str(self._folder), (self.model, self.width), model)
        with guarded(self._folder):
            kept = self._meta("sign")
            if self._write and (kept is None or self._meta("others") is None):  # new, or of a former version
                self._note(sign=kept or written_sign(model), others=written_others(model))
        if kept is not None:
            check_sign(str(self._folder), kept, model)

    def renew(self, model: SpaceModel) -> None:
        """Become an index of this model, as its weights are now, unless it is one: all or nothing."""
        with guarded(self._folder):
            if belongs((self.model, self.width), self._meta("sign"), model):
                return
            sign, others = written_sign(model), written_others(model)
            with transaction(self._base):
                for table in ("vectors", "thumbnails", "words", "items", "dead"):
                    self._base.execute(f"DELETE FROM {table}")
                self._base.execute("INSERT OR IGNORE INTO contents(digest) VALUES(?)", (_WAITING,))
                waiting = self._content(_WAITING)
                self._base.execute("UPDATE files SET content = ?, size = -1", (waiting,))  # of no file, so all differ
                self._base.execute("DELETE FROM contents WHERE id != ?", (waiting,))
                self._base.execute("DELETE FROM meta WHERE key = 'lists'")
                self._note(model=model.name, width=str(model.width), sign=sign, others=others, erase="")
        self.model, self.width = model.name, model.width
        self._vectors = Vectors(self._base, self._folder, self.width, few=self._few)

    def waiting(self) -> list[str]:
        """Files that wait to be read again since `renew`."""
        select = "SELECT path FROM files JOIN contents ON contents.id = files.content WHERE digest = ? ORDER BY path"
        with guarded(self._folder):
            return [path_text(path) for (path,) in self._base.execute(select, (_WAITING,))]

    def others(self, model: SpaceModel) -> Rows | None:
        """Places [R, D] of other words than those searched for (chance.py), None for a model that has none."""
        with guarded(self._folder):
            return read_others(self._meta("others"), model)

    @property
    def notice(self) -> str:
        """What to know about the speed of searches; empty if nothing."""
        return self._vectors.notice

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer. Raises: UsageError when another process is."""
        with writer(self._folder):
            yield

    def stamps(self) -> dict[str, Stamp]:
        """All files that are known, refused ones too."""
        with guarded(self._folder):
            rows = self._base.execute("SELECT path, size, modified FROM files")
            return {path_text(path): Stamp(size, modified) for path, size, modified in rows}

    def holds(self, digest: str) -> bool:
        """Whether a content is known."""
        with guarded(self._folder):
            return self._content(digest) is not None

    def write(self, entries: Sequence[Entry]) -> None:
        """Put files in the place of what was known of them; all or none, and on the disk when this returns."""
        with guarded(self._folder), transaction(self._base):
            for entry in entries:
                self._put(entry)

    def remove(self, paths: Iterable[str]) -> None:
        """Forget files, and what no other file holds."""
        with guarded(self._folder), transaction(self._base):
            for path in paths:
                self._forget(path_bytes(path))

    def settle(self) -> None:
        """Bring the lists for fast search up to date, and erase what was removed."""
        with guarded(self._folder):
            # markers of what is gone, and what they mark, lie in segments that are now merged
            if self._meta("erase") is not None:
                for table in ("words", "names"):
                    self._base.execute(f"INSERT INTO {table}({table}) VALUES('optimize')")
            self._vectors.settle()
            self._base.execute("DELETE FROM meta WHERE key = 'erase'")
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def refusals(self) -> list[Refusal]:
        """Files of which nothing was taken."""
        select = (
            "SELECT path, fault, reason FROM files JOIN contents ON contents.id = files.content WHERE fault != '' "
            "ORDER BY path"
        )
        with guarded(self._folder):
            return [Refusal(path_text(path), fault, reason) for path, fault, reason in self._base.execute(select)]

    def nearest(self, place: Rows, count: int, within: Filter) -> list[Match]:
        """Pieces near a place [D] of the space, the nearest first; scores are cosines."""
        with guarded(self._folder):
            if not within:
                return self._vectors.nearest(place, count)
            near = self._vectors.nearest(place, _WIDE * count)
            allowed = set(self._allowed(within, [match.item for match in near]).tolist())
            kept = [match for match in near if match.item in allowed][:count]
            if len(kept) == count:  # a filter that lets many through: no need to know them all
                return kept
            return self._vectors.nearest(place, count, self._allowed(within))

    def matching(self, words: str, count: int, within: Filter) -> list[Match]:
        """Pieces whose text has some of these words; scores are BM25."""
        where, values = conditions(within)
        select = (
            "SELECT DISTINCT items.id, -words.rank FROM words JOIN items ON items.id = words.rowid "
            f"JOIN files ON files.content = items.content WHERE words MATCH ? AND {where} ORDER BY words.rank LIMIT ?"
        )
        return self._matches(select, words, [*values, count])

    def named(self, words: str, count: int, within: Filter) -> list[Match]:
        """The first piece of files whose name has some of these words; scores are BM25."""
        where, values = conditions(within)
        select = (
            "WITH hits AS MATERIALIZED (SELECT rowid AS file, rank AS score FROM names WHERE names MATCH ? "
            f"ORDER BY rank LIMIT {_MANY}) SELECT min(items.id), -min(score) FROM hits JOIN files ON files.id = file "
            f"JOIN items ON items.content = files.content WHERE {where} GROUP BY files.content ORDER BY 2 DESC LIMIT ?"
        )
        return self._matches(select, words, [*values, count])

    def places(self, items: Sequence[int]) -> dict[int, Rows]:
        """The places [D] of those pieces that have one."""
        with guarded(self._folder):
            ids, rows = self._vectors.places(np.array(items, np.int64))
        return dict(zip(ids.tolist(), rows, strict=True))

    def found(self, items: Sequence[int], within: Filter) -> list[Found]:
        """Stored pieces, in the order asked for."""
        with guarded(self._folder):
            return [each for item in items if (each := self._found(item, within)) is not None]

    def counts(self) -> Counts:
        """How much there is."""
        select = (
            "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM items), "
            "(SELECT count(*) FROM files JOIN contents ON contents.id = files.content WHERE fault != '')"
        )
        with guarded(self._folder):
            ((files, items, refused),) = self._base.execute(select)
            return Counts(files, items, refused, self._vectors.recall)

    def _meta(self, key: str) -> str | None:
        row = self._base.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else cast("str", row[0])

    def _note(self, **facts: str) -> None:
        self._base.executemany("INSERT OR REPLACE INTO meta VALUES(?, ?)", facts.items())

    def _content(self, digest: str) -> int | None:
        row = self._base.execute("SELECT id FROM contents WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else cast("int", row[0])

    def _put(self, entry: Entry) -> None:
        content = self._content(entry.digest)
        if content is None:
            insert = "INSERT INTO contents(digest, fault, reason) VALUES(?, ?, ?)"
            content = cast("int", self._base.execute(insert, (entry.digest, entry.fault, entry.reason)).lastrowid)
            for placed in entry.placed or ():
                self._add(content, placed)
        path = path_bytes(entry.path)
        known = self._base.execute("SELECT id, content FROM files WHERE path = ?", (path,)).fetchone()
        state = (content, entry.stamp.size, entry.stamp.modified)
        if known is None:
            insert = "INSERT INTO files(content, size, modified, path) VALUES(?, ?, ?, ?)"
            file = self._base.execute(insert, (*state, path)).lastrowid
            self._base.execute("INSERT INTO names(rowid, name) VALUES(?, ?)", (file, _name(entry.path)))
            return
        file, before = known
        self._base.execute("UPDATE files SET content = ?, size = ?, modified = ? WHERE id = ?", (*state, file))
        if before != content:
            self._bury(before)

    def _add(self, content: int, placed: Placed) -> None:
        piece = placed.piece
        words = piece.words.encode(errors="replace").decode()
        vector = b"" if placed.vector is None else packed(placed.vector)
        insert = "INSERT INTO items(content, kind, page, begin, finish, checksum) VALUES(?, ?, ?, ?, ?, ?)"
        spot = (piece.spot.page, piece.spot.begin, piece.spot.end)
        values = (content, piece.kind, *spot, checksum(vector, piece.thumbnail, words))
        item = self._base.execute(insert, values).lastrowid
        for table, value in (("vectors", vector), ("thumbnails", piece.thumbnail)):
            if value:
                self._base.execute(f"INSERT INTO {table} VALUES(?, ?)", (item, value))
        if words:
            self._base.execute("INSERT INTO words(rowid, text) VALUES(?, ?)", (item, words))

    def _forget(self, path: bytes) -> None:
        known = self._base.execute("SELECT id, content FROM files WHERE path = ?", (path,)).fetchone()
        if known is None:
            return
        file, content = known
        self._base.execute("DELETE FROM names WHERE rowid = ?", (file,))
        self._base.execute("DELETE FROM files WHERE id = ?", (file,))
        self._note(erase="")
        self._bury(content)

    def _bury(self, content: int) -> None:
        """Take out a content that no file holds any more."""
        if self._base.execute("SELECT 1 FROM files WHERE content = ?", (content,)).fetchone():
            return
        self._note(erase="")
        self._base.execute("INSERT INTO dead SELECT id FROM items WHERE content = ?", (content,))
        for table, key in (("vectors", "item"), ("thumbnails", "item"), ("words", "rowid")):
            mine = "(SELECT id FROM items WHERE content = ?)"
            self._base.execute(f"DELETE FROM {table} WHERE {key} IN {mine}", (content,))
        self._base.execute("DELETE FROM items WHERE content = ?", (content,))
        self._base.execute("DELETE FROM contents WHERE id = ?", (content,))

    def _allowed(self, within: Filter, items: Sequence[int] | None = None) -> Ids:
        """Items that a filter lets through, of all or of some."""
        where, values = conditions(within)
        source = "items"
        if items is not None:
            source, values = "json_each(?) AS some JOIN items ON items.id = some.value", [json.dumps(items), *values]
        select = f"SELECT DISTINCT items.id FROM {source} JOIN files ON files.content = items.content WHERE {where}"
        return np.array([row[0] for row in self._base.execute(select, values)], np.int64)

    def _matches(self, select: str, words: str, values: list[object]) -> list[Match]:
        query = any_word(words)
        if not query:
            return []
        with guarded(self._folder):
            return [Match(item, score) for item, score in self._base.execute(select, (query, *values))]

    def _found(self, item: int, within: Filter) -> Found | None:
        select = (
            "SELECT content, kind, page, begin, finish, checksum, vector, jpeg, text FROM items "
            "LEFT JOIN vectors ON vectors.item = items.id LEFT JOIN thumbnails ON thumbnails.item = items.id "
            "LEFT JOIN words ON words.rowid = items.id WHERE items.id = ?"
        )
        row = self._base.execute(select, (item,)).fetchone()
        if row is None:
            return None
        content, kind, page, begin, end, expected, vector, thumbnail, words = row
        intact = checksum(vector or b"", thumbnail or b"", words or "") == expected
        paths = self._paths(content, item, within)
        shown = thumbnail or self._page_thumbnail(content, page)
        return Found(item, cast("Modality", kind), paths, Spot(page, begin, end), intact, words or "", shown)

    def _paths(self, content: int, item: int, within: Filter) -> tuple[str, ...]:
        where, values = conditions(within)
        select = (
            "SELECT path FROM files JOIN items ON items.content = files.content WHERE files.content = ? "
            f"AND items.id = ? AND {where} ORDER BY path"
        )
        return tuple(path_text(path) for (path,) in self._base.execute(select, (content, item, *values)))

    def _page_thumbnail(self, content: int, page: int | None) -> bytes:
        """The picture of the page that a passage is on."""
        select = "SELECT jpeg FROM items JOIN thumbnails ON item = id WHERE content = ? AND page = ? LIMIT 1"
        row = None if page is None else self._base.execute(select, (content, page)).fetchone()
        return b"" if row is None else cast("bytes", row[0])


def _name(path: str) -> str:
    """What full-text search knows of a path: the file and the folder it is in."""
    return " ".join(Path(path).parts[-2:]).encode(errors="replace").decode()
