"""`sensorium chat [FILE...]`: question after question about the same files."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.answers import notes, receive
from sensorium.cli.console import note, write
from sensorium.cli.inputs import (
    STDIN,
    MaxTokens,
    Which,
    open_model,
    read_file,
    read_files,
)
from sensorium.cli.manner import Manner
from sensorium.cli.messages import language_of
from sensorium.cli.options import spread
from sensorium.core.errors import SensoriumError, UsageError

if TYPE_CHECKING:
    from sensorium.media.types import Media
    from sensorium.runtime.asking import Asking
    from sensorium.runtime.protocol import Model

PROMPT = "> "
HELP = """\
/add FILE  show a picture, a sound or a film with the next question
/new       forget all files and questions
/help      this list
/quit      end, as does Ctrl-D"""


@spread
def chat(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE", help="Shown with the first question.")] = None,
    *,
    max_tokens: MaxTokens = 512,
    manner: Manner,
    which: Which,
) -> None:
    """Ask question after question about the same files.

    From a pipe each line is a question, and each answer a line.
    """
    if STDIN in (files or []):
        raise UsageError("'-' is no file here: questions come from standard input. Give files by their paths.")
    media = read_files(files or [])
    options = manner.options(max_tokens)
    typed = sys.stdin.isatty()
    talk = _Talk(open_model(which.name, which.adapter), media, options, live=sys.stdout.isatty())
    if typed:
        note(HELP)
    for line in _lines(typed):
        if not talk.take(line):
            break
    if talk.worst and not typed:
        raise typer.Exit(talk.worst)


class _Talk:
    """A talk at the keyboard: files wait here for the next question, and what goes wrong ends no more than its turn."""

    def __init__(self, model: "Model", media: "list[Media]", options: "Asking", *, live: bool) -> None:
        self.worst = 0  # the highest exit code of an error
        self._model = model
        self._chat = model.chat()
        self._waiting = media
        self._options = options
        self._live = live

    def take(self, line: str) -> bool:
        """Do what a line says. Returns: whether the talk goes on."""
        command, _, rest = line.strip().partition(" ")
        if command == "/quit":
            return False
        try:
            if command.startswith("/"):
                self._obey(command, rest.strip())
            elif command:
                self._ask(line.strip())
        except SensoriumError as error:
            note(f"sensorium: {error}")
            self.worst = max(self.worst, error.exit_code)
        return True

    def _obey(self, command: str, rest: str) -> None:
        if command == "/add":
            path = rest.strip("\"'")
            if path in ("", STDIN):
                raise UsageError("/add takes the path of a file. Write: /add FILE")
            self._waiting.append(read_file(path))
            note(f"{self._waiting[-1].source}: shown with the next question")
        elif command == "/new":
            self._chat, self._waiting = self._model.chat(), []
        elif command == "/help":
            note(HELP)
        else:
            raise UsageError(f"{command} is no command; there are /add, /new, /help and /quit. Write one of these.")

    def _ask(self, question: str) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            answer = receive(self._chat.stream(question, *waiting, **self._options), live=self._live)
        except KeyboardInterrupt:
            self._waiting = waiting  # the talk is as it was before the question
            note("stopped")
            return
        if not self._live:
            write(" ".join(answer.text.splitlines()))
        for line in notes(answer, language_of(question)):
            note(line)


def _lines(typed: bool) -> Iterator[str]:
    """Lines of standard input until its end; typed ones with a prompt and a history."""
    if not (typed and sys.stdout.isatty()):
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401 (gives `input` arrow keys where there is one)

    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            write("")
            return
        except KeyboardInterrupt:
            write("")
            raise
