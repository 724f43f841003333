"""How far a download is, on standard error."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensorium.models.catalog import Progress


@contextmanager
def fetching() -> Iterator["Progress"]:
    """A function to be told what has arrived; from its first call on a bar stands on standard error.

    Where that is no terminal, one line says what is fetched.
    """
    with ExitStack() as stack:
        show: Progress | None = None

        def report(name: str, done: int, of: int) -> None:
            nonlocal show
            show = show or _bar(stack, of)  # most models are there already, and need no bar
            show(name, done, of)

        yield report


def _bar(stack: ExitStack, size: int) -> "Progress":
    """Begin to show; the stack ends it."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"fetching {size / 1e6:,.0f} MB …", highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal)
    task = stack.enter_context(bar).add_task("fetching", total=size)

    def show(name: str, done: int, of: int) -> None:
        bar.update(task, completed=done, total=of, description=name or "fetching")

    return show
