"""`sensorium embed`: places of files and texts in one space."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorium.cli.console import note, patience, write_json
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import AsJson, read_files
from sensorium.cli.outputs import check_output
from sensorium.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sensorium.runtime.embedding import Embedder

ENDINGS = (".npy", ".parquet")

SpaceName = Annotated[
    str,
    typer.Option("--model", metavar="M", help="nano-space, or a CLIP or SigLIP: its folder, or org/name of the Hub."),
]
Dimensions = Annotated[
    int | None,
    typer.Option(
        "--dimensions", metavar="N", help="Numbers of an embedding, of those a model has.", show_default=False
    ),
]


def embed(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Pictures, sounds, films, text files; '-' for standard input."),
    ] = None,
    *,
    text: Annotated[
        list[str] | None, typer.Option("--text", metavar="T", help="A text; may be given again.", show_default=False)
    ] = None,
    model: SpaceName = "nano-space",
    dimensions: Dimensions = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write there: an array [N, width] (.npy), or a table with what each was (.parquet).",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give files and texts their places in one space, files first.

    Standard output gets one JSON list of numbers per item, of unit length: products of two are cosines. With --json
    one object instead, with the model and what each item was.
    """
    import numpy as np

    words = text or []
    if not files and not words:
        raise UsageError("There is nothing to embed; expected files or --text. Write: sensorium embed photo.jpg")
    if not all(each.strip() for each in words):
        raise UsageError("A --text is empty; expected words. Write them, or leave it out.")
    target = None if out is None else _target(out)
    media = read_files(files or [])
    embedder = open_space(model, dimensions)
    made = np.concatenate((embedder.embed_media(media), embedder.embed_texts(words)))
    items = [*({"file": name} for name in files or []), *({"text": each} for each in words)]
    if target is not None:
        _write(target, made, items)
        note(f"{len(made)} x {embedder.width} numbers in {target}")
        return
    if as_json:
        listed = [{**item, "embedding": each.tolist()} for item, each in zip(items, made, strict=True)]
        write_json({"model": embedder.name, "width": embedder.width, "items": listed})
        return
    for each in made:
        write_json(each.tolist())


def open_space(name: str, dimensions: int | None = None) -> "Embedder":
    """Load a model that embeds, fetched if need be; a line says so if that takes long. Raises: as `load_embedder`."""
    with patience("loading the model …"), fetching() as progress:
        from sensorium.runtime.embedding import load_embedder

        return load_embedder(name, dimensions=dimensions, progress=progress)


def _target(out: str) -> Path:
    """Where to write. Raises: UsageError for no such place, or a form that is not known."""
    target = check_output(out, "--out")
    if target.suffix not in ENDINGS:
        raise UsageError(f"--out is '{out}'; expected a file that ends in {' or '.join(ENDINGS)}. Give such a name.")
    if target.suffix == ".parquet":
        from sensorium.core.packages import require

        require("pyarrow", "train")  # before the work, not after
    return target


def _write(target: Path, made: "NDArray[np.float32]", items: list[dict[str, str]]) -> None:
    """Write an array, or a table of items and embeddings. Raises: UsageError."""
    import io

    import numpy as np

    from sensorium.core.files import write_atomic

    stream = io.BytesIO()
    if target.suffix == ".npy":
        np.save(stream, made)
    else:
        _write_table(stream, made, items)
    try:
        write_atomic(target, stream.getvalue())
    except OSError as error:
        raise UsageError(
            f"{target}: {error.strerror or error}; expected to write there. Give another --out."
        ) from error


def _write_table(stream: Any, made: "NDArray[np.float32]", items: list[dict[str, str]]) -> None:
    """Columns kind ("file" or "text"), item, and embedding as a list of fixed size."""
    import pyarrow as arrow
    from pyarrow import parquet

    kinds, names = zip(*(next(iter(item.items())) for item in items), strict=True)
    rows = arrow.FixedSizeListArray.from_arrays(arrow.array(made.ravel()), made.shape[1])
    table = arrow.table({"kind": arrow.array(kinds), "item": arrow.array(names), "embedding": rows})
    parquet.write_table(table, stream)
