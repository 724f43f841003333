"""`sensorium embed`: places of files and texts in one space."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorium.cli.console import note, patience, write_json
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import AsJson, read_each
from sensorium.cli.outputs import check_output
from sensorium.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensorium.media.types import Media
    from sensorium.runtime.embedding import Embedder
    from sensorium.runtime.protocol import Rows

    Made = tuple[dict[str, str], Rows | InputError]

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

    Standard output gets one JSON list of numbers per item, of unit length: products of two are cosines; null for one
    that could not be embedded. With --json one object instead, with the model and what each item was. What could not be
    embedded is named with the reason and costs no other item anything; the exit code is 3 then.
    """
    words = text or []
    if not files and not words:
        raise UsageError("There is nothing to embed; expected files or --text. Write: sensorium embed photo.jpg")
    if not all(each.strip() for each in words):
        raise UsageError("A --text is empty; expected words. Write them, or leave it out.")
    target = None if out is None else _target(out)
    items = [*({"file": name} for name in files or []), *({"text": each} for each in words)]
    media = read_each(files or [])
    if len(items) == 1 and media and isinstance(media[0], InputError):
        raise media[0]
    embedder = open_space(model, dimensions)
    made = [*zip(items, _places(embedder, media, words), strict=True)]
    if target is not None:
        _write(target, [(item, place) for item, place in made if not isinstance(place, InputError)], embedder.width)
    elif as_json:
        write_json({"model": embedder.name, "width": embedder.width, **_listed(made)})
    else:
        for _, place in made:
            write_json(None if isinstance(place, InputError) else place.tolist())
    if _told(made):
        raise typer.Exit(InputError.exit_code)


def _places(embedder: "Embedder", media: "Sequence[Media | InputError]", words: list[str]) -> "list[Rows | InputError]":
    """Of files, then of texts, or the reason why there is none."""
    from sensorium.runtime.partly import partly

    read = iter(partly(embedder.embed_media, [each for each in media if not isinstance(each, InputError)]))
    files = [each if isinstance(each, InputError) else next(read) for each in media]
    return [*files, *partly(embedder.embed_texts, words)]


def _listed(made: "list[Made]") -> dict[str, list[dict[str, object]]]:
    """Items with their embeddings, and those that failed with the reasons."""
    items: list[dict[str, object]] = []
    failed: list[dict[str, object]] = []
    for item, place in made:
        if isinstance(place, InputError):
            failed.append({**item, "error": str(place)})
        else:
            items.append({**item, "embedding": place.tolist()})
    return {"items": items, "failed": failed}


def _told(made: "list[Made]") -> bool:
    """Say which items could not be embedded and why. Returns: whether there are any."""
    failed = [(next(iter(item.values())), str(place)) for item, place in made if isinstance(place, InputError)]
    for name, reason in failed:
        note(reason if reason.startswith(name) else f"{name}: {reason}")
    if failed:
        note(f"{len(failed)} of {len(made)} could not be embedded")
    return bool(failed)


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


def _write(target: Path, made: "list[tuple[dict[str, str], Rows]]", width: int) -> None:
    """Write an array, or a table of items and embeddings. Raises: UsageError."""
    import io

    import numpy as np

    from sensorium.core.files import write_atomic

    stream = io.BytesIO()
    places = np.array([place for _, place in made], np.float32).reshape(-1, width)
    if target.suffix == ".npy":
        np.save(stream, places)
    else:
        _write_table(stream, places, [item for item, _ in made])
    try:
        write_atomic(target, stream.getvalue())
    except OSError as error:
        raise UsageError(
            f"{target}: {error.strerror or error}; expected to write there. Give another --out."
        ) from error
    note(f"{len(places)} x {width} numbers in {target}")


def _write_table(stream: Any, places: "Rows", items: list[dict[str, str]]) -> None:
    """Columns kind ("file" or "text"), item, and embedding as a list of fixed size."""
    import pyarrow as arrow
    from pyarrow import parquet

    kinds, names = ([pair[at] for item in items for pair in item.items()] for at in (0, 1))
    rows = arrow.FixedSizeListArray.from_arrays(arrow.array(places.ravel()), places.shape[1])
    columns = {"kind": arrow.array(kinds, arrow.string()), "item": arrow.array(names, arrow.string())}
    parquet.write_table(arrow.table({**columns, "embedding": rows}), stream)
