"""A store on a server, for more than one machine: PostgreSQL with pgvector.

Places are searched through HNSW lists that the server keeps up to date with each write, words through GIN ones. Rarer
words weigh more (tf-idf by the server's own rank); the server does not know BM25.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np

from sensorium.media.types import Modality
from sensorium.space.index.belonging import belongs, check_name, check_sign, read_others, written_others, written_sign
from sensorium.space.index.postgres_schema import connect, create, exists, facts, guarded, shown, writer
from sensorium.space.index.rows import checksum, conditions, packed, path_bytes, path_text
from sensorium.space.index.store import Counts
from sensorium.space.index.types import Entry, Filter, Found, Match, Placed, Refusal, Rows, SpaceModel, Spot, Stamp
from sensorium.space.index.vectors import FEW

_WORD = re.compile(r"[^\W_]+")

_WAITING = ""
"""In the place of the digest of files whose content has to be read again."""

_LOOKED_AT = 200
"""Pieces that a search in HNSW lists keeps in view; the server's limit is 1,000."""

_PROBES = 50
"""Stored places that recall is measured with."""

_NEAR = 10
_GROWN = 4
"""Recall is measured again when there are so many times the places."""

_RANKED = """
WITH asked AS (SELECT DISTINCT plainto_tsquery('english', word) AS query FROM unnest(%s::text[]) AS word),
hits AS (
    SELECT {table}.id, ln(1 + (SELECT count(*) FROM {table})::float8 / count(*) OVER (PARTITION BY query))
        * ts_rank(tokens, query, 1) AS score
    FROM asked JOIN {table} ON tokens @@ query WHERE numnode(query) > 0
), ranked AS (SELECT id, sum(score) AS score FROM hits GROUP BY id)
"""


class PostgresStore:
    """An index in a database, `postgresql://user@host/database`.

    Raises: UsageError when there is none, or the server cannot be reached; MissingPackage.
    """

    notice = ""

    def __init__(self, url: str, *, write: bool = False, few: int = FEW) -> None:
        self._url = url
        self._few = few
        self._write = write
        self._base = connect(url, write=write)
        try:
            meta = facts(self._base, url)
        except BaseException:
            self._base.close()
            raise
        self.model: str = meta["model"]
        self.width = int(meta["width"])

    @staticmethod
    def make(url: str, model: str, width: int) -> None:
        """Make an index of a model's places, unless there is one. Raises: UsageError."""
        with connect(url, write=True) as base:
            create(base, url, model, width)

    @staticmethod
    def kept_model(url: str) -> str | None:
        """The model that the index is of; None when there is no index yet. Raises: UsageError."""
        with connect(url, write=False) as base, guarded(url):
            return facts(base, url)["model"] if exists(base) else None

    def check_model(self, model: SpaceModel) -> None:
        """Refuse another model than that of the index, or other weights. Raises: UsageError."""
        check_name(shown(self._url), (self.model, self.width), model)
        kept = self._meta("sign")
        if self._write and (kept is None or self._meta("others") is None):  # new, or of a former version
            self._note(sign=kept or written_sign(model), others=written_others(model))
        if kept is not None:
            check_sign(shown(self._url), kept, model)

    def renew(self, model: SpaceModel) -> None:
        """Become an index of this model, as its weights are now, unless it is one: all or nothing."""
        if belongs((self.model, self.width), self._meta("sign"), model):
            return
        sign, others = written_sign(model), written_others(model)
        with guarded(self._url), self._base.transaction():
            self._base.execute("DELETE FROM items")
            if model.width != self.width:
                kind = f"halfvec({int(model.width)})"
                self._base.execute(f"ALTER TABLE sensorium.items ALTER COLUMN vector TYPE {kind}".encode())
            insert = "INSERT INTO contents(digest, fault, reason) VALUES(%s, '', '') ON CONFLICT DO NOTHING"
            self._base.execute(insert, (_WAITING,))
            ((waiting,),) = self._rows("SELECT id FROM contents WHERE digest = %s", _WAITING)
            self._base.execute("UPDATE files SET content = %s, size = -1", (waiting,))  # of no file, so all differ
            self._base.execute("DELETE FROM contents WHERE id != %s", (waiting,))
            self._base.execute("DELETE FROM meta WHERE key IN ('recall', 'measured')")
            self._note(model=model.name, width=str(model.width), sign=sign, others=others, erase="")
        self.model, self.width = model.name, model.width

    def waiting(self) -> list[str]:
        """Files that wait to be read again since `renew`."""
        select = "SELECT path FROM files JOIN contents ON contents.id = content WHERE digest = %s ORDER BY path"
        return [path_text(path) for (path,) in self._rows(select, _WAITING)]

    def others(self, model: SpaceModel) -> Rows | None:
        """Places [R, D] of other words than those searched for (chance.py), None for a model that has none."""
        return read_others(self._meta("others"), model)

    def close(self) -> None:
        """Let go of the server."""
        self._base.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer. Raises: UsageError when another process is."""
        with writer(self._base, self._url):
            yield

    def stamps(self) -> dict[str, Stamp]:
        """All files that are known, refused ones too."""
        rows = self._rows("SELECT path, size, modified FROM files")
        return {path_text(path): Stamp(size, modified) for path, size, modified in rows}

    def holds(self, digest: str) -> bool:
        """Whether a content is known."""
        return bool(self._rows("SELECT 1 FROM contents WHERE digest = %s", digest))

    def write(self, entries: Sequence[Entry]) -> None:
        """Put files in the place of what was known of them; all or none, and on the disk when this returns."""
        with guarded(self._url), self._base.transaction():
            for entry in entries:
                self._put(entry)

    def remove(self, paths: Iterable[str]) -> None:
        """Forget files, and what no other file holds."""
        with guarded(self._url), self._base.transaction():
            for path in paths:
                for (content,) in self._rows("DELETE FROM files WHERE path = %s RETURNING content", path_bytes(path)):
                    self._note(erase="")
                    self._bury(content)

    def settle(self) -> None:
        """Erase what was removed, and measure recall when much was added."""
        with guarded(self._url):
            if self._meta("erase") is not None:
                for table in ("files", "items", "contents"):  # written anew, for freed places keep their bytes
                    self._base.execute(f"VACUUM (FULL) sensorium.{table}".encode())
                self._base.execute("DELETE FROM meta WHERE key = 'erase'")
            ((count,),) = self._rows("SELECT count(*) FROM items")
            measured = int(self._meta("measured") or 0)
            if count > self._few and not measured <= count <= _GROWN * measured:
                self._note(recall=str(self._measured()))
                self._note(measured=str(count))

    def refusals(self) -> list[Refusal]:
        """Files of which nothing was taken."""
        select = (
            "SELECT path, fault, reason FROM files JOIN contents ON contents.id = content WHERE fault != '' "
            "ORDER BY path"
        )
        return [Refusal(path_text(path), fault, reason) for path, fault, reason in self._rows(select)]

    def nearest(self, place: Rows, count: int, within: Filter) -> list[Match]:
        """Pieces near a place [D] of the space, the nearest first; scores are cosines."""
        near = self._near("vector <#> %s::text::halfvec", place, count, within)
        if len(near) < count:  # there are few, or few that the filter lets through: all of them are compared
            return self._near("(vector <#> %s::text::halfvec) + 0", place, count, within)
        return near

    def matching(self, words: str, count: int, within: Filter) -> list[Match]:
        """Pieces whose text has some of these words; a rarer word is worth more."""
        passing, values = _passing(within)
        select = f"SELECT id, score FROM ranked JOIN items USING(id) WHERE {passing} ORDER BY 2 DESC, 1 LIMIT %s"
        return self._worded("items", words, select, [*values, count])

    def named(self, words: str, count: int, within: Filter) -> list[Match]:
        """The first piece of files whose name has some of these words; a rarer word is worth more."""
        where, values = _conditions(within)
        select = (
            "SELECT min(items.id), max(score) FROM ranked JOIN files USING(id) JOIN items USING(content) "
            f"WHERE {where} GROUP BY content ORDER BY 2 DESC, 1 LIMIT %s"
        )
        return self._worded("files", words, select, [*values, count])

    def places(self, items: Sequence[int]) -> dict[int, Rows]:
        """The places [D] of those pieces that have one."""
        select = "SELECT id, vector::text FROM items WHERE vector IS NOT NULL AND id = ANY(%s)"
        return {item: np.array(json.loads(written), np.float32) for item, written in self._rows(select, list(items))}

    def found(self, items: Sequence[int], within: Filter) -> list[Found]:
        """Stored pieces, in the order asked for."""
        return [each for item in items if (each := self._found(item, within)) is not None]

    def counts(self) -> Counts:
        """How much there is."""
        select = (
            "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM items), "
            "(SELECT count(*) FROM files JOIN contents ON contents.id = content WHERE fault != '')"
        )
        ((files, items, refused),) = self._rows(select)
        recall = self._meta("recall")
        return Counts(files, items, refused, None if recall is None else float(recall))

    def _rows(self, select: str, *values: object) -> list[tuple[Any, ...]]:
        with guarded(self._url):
            return self._base.execute(select.encode(), values).fetchall()

    def _meta(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM meta WHERE key = %s", key)
        return cast("str", rows[0][0]) if rows else None

    def _note(self, **facts: str) -> None:
        insert = "INSERT INTO meta VALUES(%s, %s) ON CONFLICT(key) DO UPDATE SET value = excluded.value"
        with guarded(self._url):
            for fact in facts.items():
                self._base.execute(insert, fact)

    def _put(self, entry: Entry) -> None:
        rows = self._rows("SELECT id FROM contents WHERE digest = %s", entry.digest)
        if not rows:
            insert = "INSERT INTO contents(digest, fault, reason) VALUES(%s, %s, %s) RETURNING id"
            rows = self._rows(insert, entry.digest, entry.fault, _text(entry.reason))
            for placed in entry.placed or ():
                self._add(rows[0][0], placed)
        ((content,),) = rows
        path = path_bytes(entry.path)
        before = self._rows("SELECT content FROM files WHERE path = %s", path)
        self._base.execute(
            "INSERT INTO files(path, content, size, modified, tokens) "
            "VALUES(%s, %s, %s, %s, to_tsvector('english', %s)) "
            "ON CONFLICT(path) DO UPDATE SET content = excluded.content, size = excluded.size, "
            "modified = excluded.modified",
            (path, content, entry.stamp.size, entry.stamp.modified, _words(" ".join(Path(entry.path).parts[-2:]))),
        )
        if before and before[0][0] != content:
            self._bury(before[0][0])

    def _add(self, content: int, placed: Placed) -> None:
        piece, words = placed.piece, _text(placed.piece.words)
        vector = b"" if placed.vector is None else packed(placed.vector)
        self._base.execute(
            "INSERT INTO items(content, kind, page, begin, finish, checksum, vector, thumbnail, words, tokens) "
            "VALUES(%s, %s, %s, %s, %s, %s, %s::text::halfvec, %s, %s, to_tsvector('english', %s))",
            (
                *(content, piece.kind, piece.spot.page, piece.spot.begin, piece.spot.end),
                checksum(vector, piece.thumbnail, words),
                None if placed.vector is None else _written(placed.vector),
                *(piece.thumbnail, words, _words(words)),
            ),
        )

    def _bury(self, content: int) -> None:
        """Take out a content that no file holds any more."""
        if self._rows("SELECT 1 FROM files WHERE content = %s LIMIT 1", content):
            return
        self._note(erase="")
        self._base.execute("DELETE FROM items WHERE content = %s", (content,))
        self._base.execute("DELETE FROM contents WHERE id = %s", (content,))

    def _near(self, distance: str, place: Rows, count: int, within: Filter) -> list[Match]:
        passing, values = _passing(within)
        select = (
            f"SELECT id, -({distance}) FROM items WHERE vector IS NOT NULL AND {passing} ORDER BY {distance} LIMIT %s"
        )
        written = _written(place)
        with guarded(self._url), self._base.transaction():
            self._base.execute("SET LOCAL hnsw.iterative_scan = strict_order")
            self._base.execute(f"SET LOCAL hnsw.ef_search = {_LOOKED_AT}".encode())
            rows = self._rows(select, written, *values, written, count)
        return [Match(item, min(1.0, score)) for item, score in rows]

    def _measured(self) -> float:
        """The share of the ten nearest of some stored places that lists find."""
        select = "SELECT vector::text FROM items WHERE vector IS NOT NULL ORDER BY md5(id::text) LIMIT %s"
        shares = []
        for (written,) in self._rows(select, _PROBES):
            place = np.array(json.loads(written), np.float32)
            found = self._near("vector <#> %s::text::halfvec", place, _NEAR, Filter())
            exact = self._near("(vector <#> %s::text::halfvec) + 0", place, _NEAR, Filter())
            shares.append(len({each.item for each in found} & {each.item for each in exact}) / len(exact))
        return float(np.mean(shares)) if shares else 1.0

    def _worded(self, table: str, words: str, select: str, values: list[object]) -> list[Match]:
        rows = self._rows(_RANKED.format(table=table) + select, _WORD.findall(_text(words)), *values)
        return [Match(item, float(score)) for item, score in rows]

    def _found(self, item: int, within: Filter) -> Found | None:
        columns = "content, kind, page, begin, finish, checksum, vector::text, thumbnail, words"
        select = f"SELECT {columns} FROM items WHERE id = %s"
        rows = self._rows(select, item)
        if not rows:
            return None
        content, kind, page, begin, end, expected, written, thumbnail, words = rows[0]
        vector = b"" if written is None else packed(np.array(json.loads(written), np.float32))
        intact = checksum(vector, thumbnail, words) == expected
        where, values = _conditions(within)
        paths = self._rows(
            "SELECT path FROM files JOIN items USING(content) WHERE items.id = %s AND " + where + " ORDER BY path",
            *(item, *values),
        )
        picture = thumbnail or self._page_thumbnail(content, page)
        names = tuple(path_text(path) for (path,) in paths)
        return Found(item, cast("Modality", kind), names, Spot(page, begin, end), intact, words, picture)

    def _page_thumbnail(self, content: int, page: int | None) -> bytes:
        """The picture of the page that a passage is on."""
        select = "SELECT thumbnail FROM items WHERE content = %s AND page = %s AND thumbnail != '' ORDER BY id LIMIT 1"
        rows = [] if page is None else self._rows(select, content, page)
        return cast("bytes", rows[0][0]) if rows else b""


def _conditions(within: Filter) -> tuple[str, list[object]]:
    """A filter over `items` and `files` as PostgreSQL has it."""
    where, values = conditions(within)
    return (where.replace("?", "%s"), values) if within else ("true", [])


def _passing(within: Filter) -> tuple[str, list[object]]:
    """A filter over `items` alone: a piece passes with one of its files."""
    if not within:
        return "true", []
    where, values = _conditions(within)
    return f"EXISTS(SELECT 1 FROM files WHERE files.content = items.content AND {where})", values


def _written(place: Rows) -> str:
    """A place [D] as pgvector reads it."""
    return "[" + ",".join(map(str, place.astype(np.float16).tolist())) + "]"


def _text(words: str) -> str:
    """As PostgreSQL keeps it: Unicode, without zeros."""
    return words.replace("\0", " ").encode(errors="replace").decode()


def _words(text: str) -> str:
    """Words alone: the server's parser would take beach.png for a host."""
    return " ".join(_WORD.findall(_text(text)))
