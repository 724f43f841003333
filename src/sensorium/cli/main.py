"""The command `sensorium`: its commands, and the wall at which every error becomes one line and an exit code.

0 answered, 2 wrong use, 3 unreadable or refused input, 4 model or engine failure, 130 interrupted. Nothing heavy is
imported here: commands import what they need when they run.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer
import typer.main

from sensorium import __version__
from sensorium.cli.ask import ask
from sensorium.cli.batch import batch
from sensorium.cli.bench import bench
from sensorium.cli.chat import chat
from sensorium.cli.classify import classify
from sensorium.cli.compose import compose, export
from sensorium.cli.console import accept_any_letter, note, to_json, write
from sensorium.cli.data import data
from sensorium.cli.demo import demo
from sensorium.cli.doctor import doctor
from sensorium.cli.embed import embed
from sensorium.cli.evaluate import evaluate
from sensorium.cli.fusion import fusion
from sensorium.cli.index import index
from sensorium.cli.models import models
from sensorium.cli.quantize import quantize
from sensorium.cli.search import search
from sensorium.cli.serve import serve
from sensorium.cli.space import space
from sensorium.cli.train import train
from sensorium.cli.transcribe import transcribe
from sensorium.core.errors import ModelError, SensoriumError, UsageError

DEBUG = "SENSORIUM_DEBUG"
INTERRUPTED = 130

app = typer.Typer(
    name="sensorium",
    rich_markup_mode=None,  # rich takes as long to import as all the rest
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
for _command in (
    ask,
    chat,
    batch,
    serve,
    embed,
    index,
    search,
    classify,
    transcribe,
    models,
    doctor,
    demo,
    compose,
    train,
    export,
    quantize,
    evaluate,
    bench,
):
    app.command()(_command)
app.add_typer(data)
app.add_typer(fusion)
app.add_typer(space)


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Ask about text, pictures, sounds and films; train models that can be asked."""
    if version:
        write(f"sensorium {__version__}")
    elif context.invoked_subcommand is None:
        note(context.get_help())
        raise typer.Exit(UsageError.exit_code)


class Failure(NamedTuple):
    """What is told of an error, and the exit code."""

    name: str
    message: str
    exit_code: int

    def as_json(self) -> str:
        """The line that stands for it where `--json` was given."""
        return to_json({"error": {"type": self.name, "message": self.message, "exit_code": self.exit_code}})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Args: arguments: without the program's name; those of the process by default. Returns: exit code.

    With SENSORIUM_DEBUG=1 errors pass through, for their traceback.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    accept_any_letter()
    try:
        return _run(given)
    except typer.Exit as end:
        return end.exit_code


def _run(given: list[str]) -> int:
    try:
        code = typer.main.get_command(app).main(given, prog_name="sensorium", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        failure = explain(error)
        as_json = "--json" in (given[: given.index("--")] if "--" in given else given)
        note(failure.as_json() if as_json else f"sensorium: {failure.message}")
        return failure.exit_code
    return code if isinstance(code, int) else 0


def explain(error: Exception) -> Failure:
    """One line about any error: our own say it themselves, typer's are wrong use, all others are our fault."""
    if isinstance(error, SensoriumError):
        return Failure(type(error).__name__, _one_line(str(error)), error.exit_code)
    told = getattr(error, "format_message", None)  # typer's own errors; their class has no public name
    if told is not None:
        command = getattr(getattr(error, "ctx", None), "command_path", "sensorium")
        what = f"{_parsing(told(), error)}. See: {command} --help"
        return Failure(UsageError.__name__, _one_line(what), UsageError.exit_code)
    what = f"unexpected: {type(error).__name__}: {error}, run with {DEBUG}=1 for the traceback"
    return Failure(type(error).__name__, _one_line(what), ModelError.exit_code)


def _parsing(told: str, error: Exception) -> str:
    """What typer says of an argument, with what was given where it leaves that out, and what may have been meant."""
    told = told.rstrip(".").replace("Value error, ", "").partition(", unable to parse")[0]
    faults = getattr(error.__cause__, "errors", None)  # of pydantic, which typer asks to read numbers
    if faults is not None:
        told = told.replace("Input should be", f"got {faults()[0]['input']!r}; expected")
    option = getattr(error, "option_name", "")
    if option.startswith("-") and not option.startswith("--"):
        told += ". What begins with a dash and is no option goes behind two: -- '-5 or 5?'"
    return told


def _one_line(message: str) -> str:
    """`message` on one line; of an error that a worker process sent with its traceback, only what it says."""
    if "\nTraceback " in message or "Original Traceback" in message:
        message = message.rstrip().rpartition("\n")[2].partition(": ")[2]
    return " ".join(message.split())
