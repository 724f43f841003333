"""The tables of an index on a PostgreSQL server with pgvector, and how it is reached.

    contents   what files hold, once per SHA-256; why nothing was taken of it
    files      paths, with the content behind each, and the words of their names
    items      the pieces of a content, with place, thumbnail and words
    meta       format, model, width

All stand in the schema `sensorium` of the database: one index per database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from sensorium.core.errors import UsageError
from sensorium.core.packages import require

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

FORMAT = 1
"""Rises when the tables change."""

_NEEDED = (0, 8)
"""Of pgvector: from there a filtered search goes on until it has found enough."""

_LOCK = 0x53454E53
"""The advisory lock of the one writer; that of the one who makes the tables is the next."""

_TABLES = """
CREATE SCHEMA sensorium;
CREATE TABLE sensorium.meta(key text PRIMARY KEY, value text NOT NULL);
CREATE TABLE sensorium.contents(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, digest text NOT NULL UNIQUE, fault text NOT NULL,
    reason text NOT NULL
);
CREATE TABLE sensorium.files(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, path bytea NOT NULL UNIQUE,
    content bigint NOT NULL REFERENCES sensorium.contents(id), size bigint NOT NULL, modified bigint NOT NULL,
    tokens tsvector NOT NULL
);
CREATE INDEX ON sensorium.files(content);
CREATE INDEX ON sensorium.files USING gin(tokens);
CREATE TABLE sensorium.items(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    content bigint NOT NULL REFERENCES sensorium.contents(id), kind text NOT NULL, page integer,
    begin double precision, finish double precision, checksum bigint NOT NULL, vector halfvec(WIDTH),
    thumbnail bytea NOT NULL, words text NOT NULL, tokens tsvector NOT NULL
);
CREATE INDEX ON sensorium.items(content);
CREATE INDEX ON sensorium.items USING gin(tokens);
CREATE INDEX ON sensorium.items USING hnsw(vector halfvec_ip_ops);
"""

_SECRET = {
    "contents": ("digest", "reason"),
    "files": ("path", "tokens"),
    "items": ("vector", "thumbnail", "words", "tokens"),
}
"""Columns of which the server keeps no samples for its planner: they would outlive what was removed."""


def connect(url: str, *, write: bool) -> "Connection":
    """Reach the server. Raises: UsageError; MissingPackage."""
    psycopg = require("psycopg", "postgres")
    try:
        base = cast("Connection", psycopg.connect(url, autocommit=True, connect_timeout=10))
    except psycopg.Error as error:
        raise UsageError(
            f"{shown(url)}: cannot be reached ({_first(error)}); expected a PostgreSQL server and database there. "
            "Check the address, and that the server runs."
        ) from error
    with guarded(url):
        base.execute("SELECT set_config('search_path', 'sensorium, ' || current_setting('search_path'), false)")
        if write:
            base.execute("SET synchronous_commit = on")  # what is acknowledged is on the disk
    return base


def exists(base: "Connection") -> bool:
    """Whether the tables are there."""
    row = base.execute("SELECT to_regclass('sensorium.meta')").fetchone()
    return row is not None and row[0] is not None


def create(base: "Connection", url: str, model: str, width: int) -> None:
    """Make the tables, whole or not at all, unless they are there. Raises: UsageError."""
    with guarded(url), base.transaction():
        base.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK + 1,))
        if exists(base):
            return
        base.execute("CREATE EXTENSION IF NOT EXISTS vector")
        _check_extension(base, url)
        base.execute(_TABLES.replace("WIDTH", str(width)).encode())
        for table, columns in _SECRET.items():
            for column in columns:
                base.execute(f"ALTER TABLE sensorium.{table} ALTER COLUMN {column} SET STATISTICS 0".encode())
        for key, value in (("format", str(FORMAT)), ("model", model), ("width", str(width))):
            base.execute("INSERT INTO sensorium.meta VALUES(%s, %s)", (key, value))


def facts(base: "Connection", url: str) -> dict[str, str]:
    """What `meta` says. Raises: UsageError when there is no index, or one of a newer Sensorium."""
    with guarded(url):
        if not exists(base):
            raise UsageError(
                f"{shown(url)}: there is no index in it; expected one. Make it first: sensorium index PATH --index URL"
            )
        meta = dict(cast("list[tuple[str, str]]", base.execute("SELECT key, value FROM meta").fetchall()))
    if int(meta["format"]) > FORMAT:
        raise UsageError(
            f"{shown(url)}: an index of format {meta['format']}; this Sensorium reads up to {FORMAT}. Install a newer "
            "one, or take another database."
        )
    return meta


@contextmanager
def writer(base: "Connection", url: str) -> Iterator[None]:
    """Be the one writer; the server frees the place when the connection ends, however it ends.

    Raises: UsageError when another process is.
    """
    with guarded(url):
        row = base.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    if row is None or not row[0]:
        raise UsageError(
            f"{shown(url)}: another process is writing to this index; expected to be the only one. Wait until it is "
            "done, or stop it; what it has stored so far stays."
        )
    try:
        yield
    finally:
        if not base.closed:
            base.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


@contextmanager
def guarded(url: str) -> Iterator[None]:
    """Say in our words what the server raises. Raises: UsageError."""
    psycopg = require("psycopg", "postgres")
    try:
        yield
    except psycopg.Error as error:
        raise UsageError(
            f"{shown(url)}: {_first(error)}; expected to read and write the index there. Look at the server, its room "
            "and your rights (making an index needs the extension pgvector); what was stored stays."
        ) from error


def shown(url: str) -> str:
    """An address without its password and options."""
    scheme, _, rest = url.partition("://")
    place = rest.partition("?")[0]
    user, at, host = place.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{host}"


def _check_extension(base: "Connection", url: str) -> None:
    row = base.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    found = "none" if row is None else str(row[0])
    if row is None or tuple(int(each) for each in found.split(".")[:2]) < _NEEDED:
        raise UsageError(
            f"{shown(url)}: pgvector {found}; expected 0.8 or newer. Install it on the server, and there: ALTER "
            "EXTENSION vector UPDATE"
        )


def _first(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
