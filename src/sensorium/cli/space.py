"""`sensorium space report`: how well the modalities of a space lie together, on held-out material."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, write, write_json
from sensorium.cli.embed import Dimensions, SpaceName, open_space
from sensorium.cli.inputs import AsJson
from sensorium.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensorium.runtime.embedding import Embedder
    from sensorium.space.report.findings import Findings
    from sensorium.space.report.material import Placed

space = typer.Typer(name="space", rich_markup_mode=None)


@space.callback()
def _group() -> None:
    """Look at the space that texts and media lie in."""


@space.command()
def report(
    *,
    model: SpaceName = "nano-space",
    dimensions: Dimensions = None,
    count: Annotated[int, typer.Option(min=10, metavar="N", help="Matches of each kind, at most.")] = 1000,
    data_root: Annotated[Path, typer.Option(metavar="DIR", help="Where the real sets lie.")] = Path("../shared/data"),
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write.")] = Path("runs/space"),
    picture: Annotated[
        bool, typer.Option("--picture/--no-picture", help="Draw places by PCA and t-SNE (needs scikit-learn).")
    ] = True,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate", help="First measure how sure is sure; write that and the card into a nano-space's folder."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure recall, names without training, altered words, gap, alignment and uniformity of a model that embeds.

    The tables go to standard output; report.md, report.json, report.html and places.png into the folder.
    """
    from sensorium.core.packages import require
    from sensorium.space.report.material import place_all
    from sensorium.space.report.measure import measure
    from sensorium.space.report.page import markdown

    if calibrate and dimensions is not None:
        raise UsageError("--calibrate is of whole embeddings, got --dimensions too. Leave one of them out.")
    if picture:
        require("sklearn.manifold", "train")  # before the work, not after
        require("matplotlib", "train")
    embedder = open_space(model, dimensions)
    placed = place_all(embedder, data_root, count=count, report=note)
    found = _calibrate(model, embedder, placed) if calibrate else measure(placed, embedder, embedder.sharpness)
    _write(out, found, placed, picture=picture)
    if as_json:
        write_json(asdict(found))
    else:
        write(markdown(found, ""), end="")


def _calibrate(model: str, embedder: "Embedder", placed: "Sequence[Placed]") -> "Findings":
    """Fit and keep the sharpness of a model, and write its card. Raises: UsageError, CheckpointError."""
    from sensorium.models.catalog import EMBEDDERS, locate
    from sensorium.space.report.card import write_card
    from sensorium.space.report.measure import measure
    from sensorium.space.report.sharpness import find_sharpness, keep_sharpness

    folder = locate(model, catalogue=EMBEDDERS)
    fitted = find_sharpness(placed, embedder)
    found = measure(placed, embedder, lambda modality: fitted.get(modality) or embedder.sharpness(modality))
    try:
        keep_sharpness(folder, fitted)
        write_card(folder, found)
    except OSError as error:
        raise UsageError(
            f"{folder}: {error.strerror or error}; expected to write there. Give a folder of yours: --model"
        ) from error
    note(f"sharpness {fitted} in {folder}")
    return found


def _write(out: Path, found: "Findings", placed: "Sequence[Placed]", *, picture: bool) -> None:
    """Write the report. Raises: UsageError where that cannot be."""
    from sensorium.core.files import write_atomic
    from sensorium.space.report.drawing import draw_space
    from sensorium.space.report.page import markdown, page

    drawn = draw_space(placed) if picture else b""
    files = {
        "report.md": markdown(found, "places.png" if picture else "").encode(),
        "report.json": (json.dumps(asdict(found), indent=2) + "\n").encode(),
        "report.html": page(found, drawn).encode(),
    } | ({"places.png": drawn} if picture else {})
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_atomic(out / name, data)
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror or error}; expected to write there. Give another --out.") from error
    note(f"the report: {', '.join(str(out / name) for name in files)}")
