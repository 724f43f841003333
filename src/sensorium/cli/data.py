"""`sensorium data check FILE`: what is wrong with one's own data, before any training; `data answer` stands beside."""

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, write, write_json
from sensorium.cli.data_answer import answer
from sensorium.cli.inputs import AsJson, Columns, MediaFolder, columns
from sensorium.core.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from sensorium.data.doctor.findings import Report
    from sensorium.data.doctor.lens import Lens
    from sensorium.data.records.source import Records

FOUND = 1
"""The exit code where something was found."""

EXAMPLES = 3
NOTED_EVERY = 5.0
"""Seconds between two lines about how far it is."""

data = typer.Typer(name="data", rich_markup_mode=None)
data.command()(answer)


@data.callback()
def _group() -> None:
    """Look at one's own data, or have it answered anew."""


@data.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="JSON, JSON lines, CSV, parquet, tar; each is a split.")
    ],
    *,
    media: MediaFolder = None,
    column: Columns = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="M", help="Count tokens as this model does, which decodes all media."),
    ] = None,
    thorough: Annotated[bool, typer.Option("--thorough", help="Decode all media whole.")] = False,
    show: Annotated[
        int | None,
        typer.Option("--show", metavar="K", min=0, help="Show record K as the model sees it, check nothing."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="PAGE", help="Write what is shown there, with pictures.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find missing, damaged and oversize media, places that do not agree with them, empty answers, repeats and leaks.

    Exit code 1 when a record cannot be trained on or leaks into another split, 0 when all is well or may be meant.
    """
    from sensorium.data.records.source import open_records

    named = columns(column)
    sets = [open_records(file, media=media, columns=named) for file in files]
    if show is not None:
        _show(sets, show, model, html)
        return
    if html is not None:
        raise UsageError("--html is for the record that --show names; expected both. Add --show 0.")
    report = _check(sets, model, thorough)
    if as_json:
        write_json({"files": [str(file) for file in files], **report.as_dict()})
    else:
        _write(report)
    if not report.sound:
        raise typer.Exit(FOUND)


def _check(sets: "list[Records]", model: str | None, thorough: bool) -> "Report":
    from sensorium.data.doctor.check import check as run

    noted = monotonic()

    def progress(done: int) -> None:
        nonlocal noted
        if monotonic() - noted > NOTED_EVERY:
            noted = monotonic()
            note(f"{done:,} records looked at")

    lens = None if model is None else _lens(model)
    return run(sets, thorough=thorough, lens=lens, progress=progress)


def _write(report: "Report") -> None:
    from sensorium.data.doctor.findings import MEANING

    for kind, found in report.by_kind():
        write(f"{kind}: {len({each.source for each in found}):,} ({MEANING[kind]})")
        for each in found[:EXAMPLES]:
            write(f"    {each}")
        if len(found) > EXAMPLES:
            write(f"    and {len(found) - EXAMPLES:,} more; --json lists them all")
    write(f"{report.records:,} records, {report.media:,} media; {report.usable:,} records can be trained on")


def _show(sets: "list[Records]", number: int, model: str | None, html: Path | None) -> None:
    from sensorium.core.files import write_atomic
    from sensorium.data.doctor.page import as_html, as_text
    from sensorium.data.doctor.view import view

    if len(sets) > 1:
        raise UsageError(f"--show: got {len(sets)} files; expected the one that the record is in. Name it alone.")
    if number >= len(sets[0]):
        raise UsageError(f"--show: got {number}; there are records 0 to {len(sets[0]) - 1}. Give one of these.")
    seen = view(sets[0], number, _lens(model))
    if html is None:
        write(as_text(seen))
        return
    try:
        write_atomic(html, as_html(seen).encode())
    except OSError as error:
        raise ConfigError(
            f"{html}: {error.strerror or error}; expected to write there. Give another --html."
        ) from error
    note(f"record {number} is in {html}")


def _lens(model: str | None) -> "Lens":
    from sensorium.cli.inputs import open_model
    from sensorium.data.doctor.lens import Lens
    from sensorium.runtime.local import LocalModel

    opened = open_model(model)
    if not isinstance(opened, LocalModel):
        raise UsageError(f"--model: {opened.name} is not on this machine; expected one that is. Give a folder.")
    parts = opened.parts
    return Lens(parts.name, parts.model.assembler, parts.model.tokenizer, parts.model.max_tokens)
