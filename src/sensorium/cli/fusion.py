"""`sensorium fusion compare`: the ways in which modalities meet, trained alike and measured."""

import os
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sensorium.cli.console import note, write, write_json
from sensorium.cli.inputs import AsJson
from sensorium.core.errors import ConfigError

if TYPE_CHECKING:
    from sensorium.evaluation.fusion.result import Comparison
    from sensorium.evaluation.fusion.settings import Settings

INTERRUPTED = 130

fusion = typer.Typer(name="fusion", rich_markup_mode=None)


@fusion.callback()
def _group() -> None:
    """Compare the ways in which modalities meet."""


@fusion.command()
def compare(
    *,
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="Of each run.")] = 900,
    seeds: Annotated[int, typer.Option(min=1, metavar="K", help="Runs of each fusion.")] = 3,
    samples: Annotated[int, typer.Option(min=30, metavar="N", help="To train on, the same for all.")] = 6000,
    questions: Annotated[int, typer.Option(min=1, metavar="N", help="Of each kind, in each condition.")] = 100,
    beside: Annotated[
        Literal["sound", "text"], typer.Option("--beside", help="What stands beside the picture.")
    ] = "sound",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write; finished runs in it are kept.")
    ] = Path("runs/fusion"),
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Runs at a time, a core each.  [default: all cores]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train early, middle, late and gated fusion at equal size and data, and measure them.

    A picture and a sound are asked about, whole and with one of them missing, blank or noisy; or a picture and a note
    in words, which early and middle fusion alone can join. The table goes to standard output; report.md and report.html
    in the folder have all of it. The defaults take about half an hour on two cores, beside text a few minutes; what was
    interrupted goes on with the same command.
    """
    from sensorium.evaluation.fusion.page import markdown_rows, summary
    from sensorium.evaluation.fusion.settings import Settings

    settings = Settings(steps=steps, seeds=seeds, samples=samples, questions=questions, beside=beside)
    try:
        found = _compare(out, settings, workers or os.cpu_count() or 1)
    except KeyboardInterrupt as stop:
        note(f"stopped; finished runs are kept in {out}. To go on from there, give the same command again.")
        raise typer.Exit(INTERRUPTED) from stop
    note(f"the report: {out / 'report.html'}, {out / 'report.md'}")
    if as_json:
        write_json(asdict(found))
    else:
        write("\n".join(markdown_rows(summary(found))))


def _compare(out: Path, settings: "Settings", workers: int) -> "Comparison":
    """Compare and say how far it is. Raises: ConfigError when the folder cannot be written."""
    from sensorium.evaluation.fusion.compare import compare as run

    note(f"runs in {out}, {workers} at a time; a line for each that is finished")
    began = monotonic()

    def report(name: str, done: int, of: int) -> None:
        note(f"{name} finished, {done} of {of}; {(monotonic() - began) / 60:.0f} min")

    try:
        return run(out, settings, report, workers=workers)
    except OSError as error:
        raise ConfigError(
            f"{error.filename or out}: {error.strerror or error}; expected to write the comparison there. Make room, "
            "or give another --out."
        ) from error
