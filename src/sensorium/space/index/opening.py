"""An index by where it is: in a folder, or on a server, `postgresql://user@host/database`."""

from pathlib import Path

from sensorium.space.index import sqlite
from sensorium.space.index.postgres import PostgresStore
from sensorium.space.index.schema import DATABASE
from sensorium.space.index.sqlite import SqliteStore

AnyStore = SqliteStore | PostgresStore


def open_store(where: Path | str, *, write: bool = False) -> AnyStore:
    """The index in a folder or, of an address, on a server. Raises: UsageError when there is none."""
    return SqliteStore(where, write=write) if isinstance(where, Path) else PostgresStore(where, write=write)


def make_store(where: Path | str, model: str, width: int) -> None:
    """Make an index of a model's places, unless there is one. Raises: UsageError."""
    if isinstance(where, Path):
        sqlite.make_index(where, model, width)
    else:
        PostgresStore.make(where, model, width)


def kept_model(where: Path | str) -> str | None:
    """The model that the index is of; None when there is no index yet. Raises: UsageError."""
    if isinstance(where, Path):
        if not (where / DATABASE).is_file():
            return None
        store: AnyStore = SqliteStore(where)
        name = store.model
        store.close()
        return name
    return PostgresStore.kept_model(where)
