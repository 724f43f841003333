"""`sensorium ask [FILE...] "question"`: one question, one answer."""

import mimetypes
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.answers import notes, receive, to_dict
from sensorium.cli.console import note, write, write_json
from sensorium.cli.inputs import STDIN, AsJson, ModelName, open_model, read_files
from sensorium.cli.messages import language_of
from sensorium.core.errors import UsageError

if TYPE_CHECKING:
    from sensorium.engine.sampling import Options


def ask(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="[FILE]... QUESTION", help="Files, '-' for standard input; the question comes last."),
    ],
    *,
    model: ModelName = None,
    as_json: AsJson = False,
    max_tokens: Annotated[int | None, typer.Option(metavar="N", help="Longest answer.", show_default=False)] = None,
    temperature: Annotated[
        float | None, typer.Option(metavar="T", help="0 takes the likeliest words.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="S", help="The same seed, the same answer.", show_default=False)
    ] = None,
) -> None:
    """Ask a question about pictures, sounds and films, or about none.

    Standard output gets the answer and nothing else; notes go to standard error.
    """
    *files, question = arguments
    _check(question)
    media = read_files(files)
    live = sys.stdout.isatty() and not as_json
    events = open_model(model).stream(question, *media, **_options(max_tokens, temperature, seed))
    answer = receive(events, live=live)
    if as_json:
        write_json(to_dict(answer))
        return
    if not live:
        write(answer.text)
    for line in notes(answer, language_of(question)):
        note(line)


def _check(question: str) -> None:
    """Refuse what is no question. Raises: UsageError."""
    if not question.strip():
        raise UsageError("The question is empty; expected words. Write it last: sensorium ask FILE 'What is this?'")
    if question == STDIN or os.path.isfile(question) or _named_like_media(question):  # noqa: PTH113 (Path may raise)
        raise UsageError(
            f"The last argument, '{question}', is a file; expected the question there. "
            f"Write: sensorium ask {question} 'What is this?'"
        )


def _named_like_media(question: str) -> bool:
    """Whether it is one word such as "boot.png": a file, be it there or not."""
    kind = (mimetypes.guess_type(question)[0] or "").partition("/")[0]
    return kind in ("image", "audio", "video") and not any(map(str.isspace, question))


def _options(max_tokens: int | None, temperature: float | None, seed: int | None) -> "Options":
    """Those that were given; the rest is the model's to choose."""
    options: Options = {}
    if max_tokens is not None:
        options["max_tokens"] = max_tokens
    if temperature is not None:
        options["temperature"] = temperature
    if seed is not None:
        options["seed"] = seed
    return options
