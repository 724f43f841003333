"""How far a transcription is, on standard error: a bar on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from sensorium.cli.console import note, write

if TYPE_CHECKING:
    from rich.progress import Progress

NOTED_EVERY = 60.0
"""Seconds between two lines where there is no terminal."""


class Watch(Protocol):
    """Follows a transcription."""

    def hear(self, done: float, total: float | None) -> None:
        """Be told the seconds of sound that are done, and those in all where they are known."""

    def say(self, line: str) -> None:
        """Write a line of the transcript to standard output."""


@contextmanager
def watching(*, clock: Callable[[], float] = time.monotonic) -> Iterator[Watch]:
    """Begin to watch; the bar is gone at the end. `clock` tells the seconds that pass."""
    if not sys.stderr.isatty():
        yield _Lines(clock)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
    # what goes to standard output must stay there: rich would send it where the bar is
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        yield _Bar(bar, clock)


def position(done: float, total: float | None) -> str:
    """Where in the sound: "0:12:30 of 2:00:00"."""
    return spelled(done) if total is None else f"{spelled(done)} of {spelled(total)}"


def spelled(seconds: float) -> str:
    """Hours, minutes and seconds: "0:12:30"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


class _Summary:
    """Position, and as soon as they are known speed and the time that is left."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begun = clock()

    def __call__(self, done: float, total: float | None) -> str:
        passed = self._clock() - self._begun
        if done <= 0.0 or passed <= 0.0:
            return position(done, total)
        left = "" if total is None else f", {spelled((total - done) * passed / done)} left"
        return f"{position(done, total)}, {done / passed:.1f}x{left}"


class _Lines:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._summary = _Summary(clock)
        self._noted = clock()

    def hear(self, done: float, total: float | None) -> None:
        if self._clock() - self._noted >= NOTED_EVERY:
            self._noted = self._clock()
            note(self._summary(done, total))

    def say(self, line: str) -> None:
        write(line)


class _Bar:
    def __init__(self, bar: "Progress", clock: Callable[[], float]) -> None:
        self._bar = bar
        self._summary = _Summary(clock)
        self._task = bar.add_task("", total=None)

    def hear(self, done: float, total: float | None) -> None:
        self._bar.update(self._task, completed=done, total=total, description=self._summary(done, total))

    def say(self, line: str) -> None:
        if not sys.stdout.isatty():
            write(line)
            return
        self._bar.stop()  # it makes room for the line, and comes back under it
        write(line)
        self._bar.start()
