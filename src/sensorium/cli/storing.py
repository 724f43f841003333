"""What `index` and `search` have in common: which index."""

import os
from pathlib import Path
from typing import Annotated, overload

import typer

IndexFolder = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="FOLDER",
        help="Where the index is, or postgresql://user@host/database.  [default: one for all of yours]",
        show_default=False,
    ),
]

SERVERS = ("postgresql://", "postgres://")


@overload
def index_folder(given: None) -> Path: ...


@overload
def index_folder(given: str | None) -> Path | str: ...


def index_folder(given: str | None) -> Path | str:
    """The folder of the index, or the address of its server: the one given, else the folder of the user."""
    if given is not None and given.startswith(SERVERS):
        return given
    if given is not None:
        return Path(os.path.abspath(given))  # noqa: PTH100 (resolve would follow links)
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "sensorium" / "index"


def shown_index(where: Path | str) -> str:
    """As it is told to people: an address without its password."""
    from sensorium.space.index.postgres_schema import shown

    return str(where) if isinstance(where, Path) else shown(where)
