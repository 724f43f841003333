"""`sensorium train RECIPE [key=value ...]`: from a recipe to a model folder, or on from where a run was stopped."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, write
from sensorium.cli.train_plan import show_plan
from sensorium.core.errors import ConfigError, MissingPackage

if TYPE_CHECKING:
    from sensorium.training.log import Progress
    from sensorium.training.recipe import Recipe

INTERRUPTED = 130


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A YAML file, recipes/nano.yaml for example.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Instead of the recipe's: steps=100, model.vision.layers=2 …"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be learnt, the memory, tokens and time it takes.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write event files for TensorBoard beside the log.")
    ] = False,
) -> None:
    """Train a model from a recipe, or go on with a run.

    What is written can be asked with --model.
    Progress goes to standard error, the path of the model folder to standard output.
    """
    from sensorium.training.recipe import read_recipe

    settings = read_recipe(recipe, overrides or ())
    if dry_run:
        show_plan(settings)
        return
    if os.environ.get("RANK", "0") != "0":  # one of several processes, of which the first reports
        from sensorium.training.loop import train as run

        run(settings, lambda progress: None)
        return
    folder = Path(settings.output)
    if (folder / "checkpoint.safetensors").exists():
        note(f"going on from {folder / 'checkpoint.safetensors'}")
    else:
        note(f"a new run in {folder}; first the tokenizer and the validation samples are made")
    try:
        model = _run(settings, tensorboard)
    except KeyboardInterrupt as stop:
        note(f"stopped; what was saved in {folder} is whole. To go on from there, give the same command again.")
        raise typer.Exit(INTERRUPTED) from stop
    _draw(folder)
    _tell_skipped(folder)
    write(str(model))


def _run(settings: "Recipe", tensorboard: bool) -> Path:
    """Train and show how far it is. Raises: ConfigError when the output folder cannot be written."""
    from sensorium.training.board import open_board
    from sensorium.training.loop import train as run

    try:
        with ExitStack() as stack:
            hearers = [stack.enter_context(_reporting())]
            if tensorboard:
                hearers.append(stack.enter_context(open_board(Path(settings.output))))

            def report(progress: "Progress") -> None:
                for hear in hearers:
                    hear(progress)

            return run(settings, report)
    except OSError as error:
        raise ConfigError(
            f"{error.filename or settings.output}: {error.strerror or error}; expected to write the run there. "
            "Make room, or give another folder: output=..."
        ) from error


def _draw(folder: Path) -> None:
    """Draw the curves of a run beside its log; without matplotlib say what is missing."""
    from sensorium.training.curves import draw_curves
    from sensorium.training.log import LOG, read_log

    try:
        draw_curves(read_log(folder / LOG), folder / "curves.png")
    except MissingPackage as error:
        note(f"no curves: {error}")
    else:
        note(f"curves: {folder / 'curves.png'}")


def _tell_skipped(folder: Path) -> None:
    """Say how many records were left out, if any."""
    from sensorium.training.preparation import SKIPPED

    path = folder / SKIPPED
    if path.is_file():
        left_out = len({*path.read_text(encoding="utf-8").splitlines()})
        note(f"{left_out} records were left out; {path} says which, and why")


@contextmanager
def _reporting() -> "Iterator[Callable[[Progress], None]]":
    """Where progress goes: a bar on a terminal, else a line each time."""
    if not sys.stderr.isatty():
        yield _report_line
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True, refresh_per_second=2) as bars:
        task = bars.add_task("preparing", total=None)

        def report(progress: "Progress") -> None:
            bars.update(task, completed=progress.step, total=progress.steps, description=_summary(progress))
            if progress.held_out:
                bars.console.print(_table(progress), markup=False, highlight=False)

        yield report


def _report_line(progress: "Progress") -> None:
    note(_summary(progress))
    if progress.held_out:
        note(_table(progress))


def _summary(progress: "Progress") -> str:
    loss = sum(progress.losses.values()) / max(1, len(progress.losses))
    return (
        f"step {progress.step}/{progress.steps}, loss {loss:.3f}, "
        f"{progress.samples_per_second:.0f} samples/s, {_duration(progress.seconds_left)} left"
    )


def _table(progress: "Progress") -> str:
    """Answers right by domain, the mean last; losses, as samples are and with nothing to be seen or heard."""
    held_out = dict(sorted((progress.held_out or {}).items()))
    width = max(len("mean"), *map(len, held_out))
    lines = [f"validation at step {progress.step}: answers right, loss, loss with media blanked"]
    for name, each in held_out.items():
        blanked = "" if each.blanked is None else f"  {each.blanked:6.3f}"
        lines.append(f"  {name:{width}}  {100 * each.right:5.1f} %  {each.loss:6.3f}{blanked}")
    mean = sum(each.right for each in held_out.values()) / max(1, len(held_out))
    lines.append(f"  {'mean':{width}}  {100 * mean:5.1f} %")
    if blind := [name for name, each in held_out.items() if each.blind]:
        lines.append(f"  warning: what the media show makes no difference to the loss of {', '.join(blind)}")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"
