"""`sensorium bench`: how fast a model is on this machine, and how near what the machine allows."""

from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.console import note, write, write_json
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import AsJson, ModelName
from sensorium.core.errors import ConfigError


def bench(
    *,
    model: ModelName = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="Also write JSON, Markdown and a plot there."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model's speed and memory beside the limits of this machine.

    Leave the machine alone meanwhile: a minute for a small model, longer for a large one. The table goes to standard
    output.
    """
    from sensorium.core.packages import require
    from sensorium.evaluation.bench.report import as_dict, as_markdown
    from sensorium.evaluation.bench.report import write as write_report
    from sensorium.evaluation.bench.run import Source
    from sensorium.evaluation.bench.run import bench as measured
    from sensorium.models.catalog import DEFAULT, find

    if folder is not None:
        require("matplotlib", "train")  # before a minute of work, not after
    called = model or DEFAULT
    with fetching() as progress:
        source = Source(*find(called, progress=progress))
    found = measured(source, called=called, tell=lambda what: note(f"measuring: {what} …"))
    if folder is not None:
        try:
            write_report(folder, found)
        except OSError as error:
            raise ConfigError(
                f"{error.filename or folder}: {error.strerror or error}; expected to write what was measured there. "
                "Make room, or give another folder: --out"
            ) from error
        note(f"{folder}: bench.json, bench.md, bench.png")
    if as_json:
        write_json(as_dict(found))
    else:
        write(as_markdown(found), end="")
