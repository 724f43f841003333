"""`sensorium data answer FILE`: a model's answers in place of those of a file, to train a smaller one on."""

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, write
from sensorium.cli.inputs import (
    Columns,
    MaxTokens,
    MediaFolder,
    ModelName,
    Seed,
    Temperature,
    columns,
    open_model,
    sampling_options,
)
from sensorium.core.errors import ConfigError

if TYPE_CHECKING:
    from sensorium.data.records.answered import Answered, Talk

FAILED, INTERRUPTED = 1, 130
"""Exit codes: nothing was answered; stopped on the way."""

NOTED_EVERY = 5.0
"""Seconds between two lines about how far it is."""


def answer(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Questions: JSON, JSON lines, CSV, parquet, tar.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to; what it has already is kept.")],
    model: ModelName = None,
    media: MediaFolder = None,
    column: Columns = None,
    max_tokens: MaxTokens = 512,
    temperature: Temperature = 0.0,
    seed: Seed = None,
) -> None:
    """Let a model answer the questions of a file: what it says is for another model to learn from.

    The file that is written has a line for each record, and is read as any other; a record that fails is marked, and
    left out in training. What was interrupted goes on with the same command. Exit code 1 when nothing was answered.
    """
    from sensorium.data.records.answered import answer_records
    from sensorium.data.records.source import open_records

    options = sampling_options(max_tokens, temperature, seed)
    records = open_records(file, media=media, columns=columns(column))
    opened = open_model(model)

    def begin() -> "Talk":
        chat = opened.chat()
        return lambda question, shown: chat.send(question, *shown, **options)

    try:
        found = answer_records(records, out, model=opened.name, begin=begin, report=_Noting())
    except KeyboardInterrupt as stop:
        note(f"stopped; what was answered is in {out}. To go on from there, give the same command again.")
        raise typer.Exit(INTERRUPTED) from stop
    except OSError as error:
        raise ConfigError(f"{out}: {error.strerror or error}; expected to write there. Give another --out.") from error
    write(f"{found.answered:,} records answered, {found.failed:,} failed")
    if found.failed:
        note(f"why some failed: sensorium data check {out}")
    if not found.answered:
        raise typer.Exit(FAILED)


class _Noting:
    """Says now and then how far it is."""

    def __init__(self) -> None:
        self._noted = monotonic()

    def __call__(self, found: "Answered") -> None:
        if monotonic() - self._noted > NOTED_EVERY:
            self._noted = monotonic()
            note(f"{found.answered:,} answered, {found.failed:,} failed, of {found.records:,}")
