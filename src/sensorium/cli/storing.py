"""What `index` and `search` have in common: which index."""

import os
from pathlib import Path
from typing import Annotated

import typer

IndexFolder = Annotated[
    Path | None,
    typer.Option(
        "--index", metavar="FOLDER", help="Where the index is.  [default: one for all of yours]", show_default=False
    ),
]


def index_folder(given: Path | None) -> Path:
    """The folder of the index: the one given, else that of the user."""
    if given is not None:
        return Path(os.path.abspath(given))  # noqa: PTH100 (resolve would follow links)
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "sensorium" / "index"
