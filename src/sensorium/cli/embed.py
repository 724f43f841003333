"""`sensorium embed`: places of pictures and texts in the space of a dual encoder."""

import io
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, patience, write_json
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import AsJson, read_files
from sensorium.cli.outputs import check_output
from sensorium.core.errors import UsageError

if TYPE_CHECKING:
    from sensorium.runtime.embedding import Embedder


def embed(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE", help="Pictures, '-' for standard input.")] = None,
    *,
    text: Annotated[
        list[str] | None, typer.Option("--text", metavar="T", help="A text; may be given again.", show_default=False)
    ] = None,
    model: Annotated[
        str, typer.Option("--model", metavar="M", help="A CLIP or SigLIP: its folder, or org/name of the Hub.")
    ] = "openai/clip-vit-base-patch32",
    out: Annotated[
        str | None, typer.Option("--out", metavar="NPY", help="Write an array [N, width] there.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give pictures and texts their places in one space, files first.

    Standard output gets one JSON list of numbers per item, of unit length: products of two are cosines. With --json
    one object instead, with the model and what each item was.
    """
    import numpy as np

    from sensorium.core.files import write_atomic

    words = text or []
    if not files and not words:
        raise UsageError("There is nothing to embed; expected pictures or --text. Write: sensorium embed photo.jpg")
    if not all(each.strip() for each in words):
        raise UsageError("A --text is empty; expected words. Write them, or leave it out.")
    target = None if out is None else check_output(out, "--out")
    media = read_files(files or [])
    embedder = _open(model)
    made = [embedder.embed(medium) for medium in media] + list(embedder.embed_texts(words) if words else [])
    items = [*({"file": name} for name in files or []), *({"text": each} for each in words)]
    if target is not None:
        stream = io.BytesIO()
        np.save(stream, np.stack(made))
        try:
            write_atomic(target, stream.getvalue())
        except OSError as error:
            raise UsageError(
                f"{target}: {error.strerror or error}; expected to write there. Give another --out."
            ) from error
        note(f"{len(made)} x {embedder.width} numbers in {target}")
        return
    if as_json:
        listed = [{**item, "embedding": each.tolist()} for item, each in zip(items, made, strict=True)]
        write_json({"model": embedder.name, "width": embedder.width, "items": listed})
        return
    for each in made:
        write_json(each.tolist())


def _open(name: str) -> "Embedder":
    with patience("loading the model …"), fetching() as progress:
        from sensorium.runtime.embedding import load_embedder

        return load_embedder(name, progress=progress)
