"""What commands write: results to standard output, all else to standard error, both safe for a terminal."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from threading import Timer
from typing import Any, TextIO

import typer

from sensorium.core.errors import UsageError

READER_LEFT = 141
"""The exit code when nobody reads our output any more, as a shell gives it (128 + SIGPIPE)."""

# Escape sequences, carriage returns and marks that turn the writing direction: a model or a file name could use them
# to rewrite what stands on the screen.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)


def safe(text: str) -> str:
    r"""`text` with control and direction characters written as `\u001b`, which inside JSON means the same."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write(text: str, end: str = "\n") -> None:
    """Write a piece of a result to standard output at once.

    Raises: typer.Exit when nobody reads it any more, UsageError when it cannot be written.
    """
    try:
        _put(sys.stdout, text + end)
    except OSError as error:
        raise UsageError(
            f"standard output: {error.strerror or error}; expected room for the result. Send it elsewhere."
        ) from error


def write_json(value: Any) -> None:
    """Write one JSON object to standard output. Raises: as `write`."""
    write(to_json(value))


def note(text: str) -> None:
    """Write a line for the user to standard error, if that takes it."""
    with suppress(OSError):
        _put(sys.stderr, text + "\n")


def to_json(value: Any) -> str:
    """JSON on one line; letters of all languages stay as they are."""
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def patience(text: str, *, after: float = 3.0) -> Iterator[None]:
    """Write `text` to standard error if what happens inside takes longer than `after` seconds."""
    timer = Timer(after, note, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def accept_any_letter() -> None:
    """Let a terminal without Chinese, say, show escapes, where Python would fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _put(stream: TextIO, text: str) -> None:
    try:
        stream.write(safe(text))
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)  # else Python fails once more when it flushes at its end
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(READER_LEFT) from error
        raise
