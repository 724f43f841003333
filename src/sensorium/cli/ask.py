"""`sensorium ask [FILE...] "question"`: one question, one answer."""

import mimetypes
import os
import sys
from typing import Annotated

import typer

from sensorium.cli.answers import notes, receive, to_dict
from sensorium.cli.console import note, write, write_json
from sensorium.cli.inputs import (
    STDIN,
    AsJson,
    MaxTokens,
    Which,
    open_model,
    read_askable,
)
from sensorium.cli.manner import Manner
from sensorium.cli.messages import language_of
from sensorium.cli.options import spread
from sensorium.core.errors import UsageError


@spread
def ask(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="'-' for standard input.", default_factory=list, show_default=False),
    ],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="It comes last.", show_default=False)],
    *,
    as_json: AsJson = False,
    max_tokens: MaxTokens = 128,
    manner: Manner,
    which: Which,
) -> None:
    """Ask a question about pictures, sounds, films and PDFs, or about none.

    Standard output gets the answer and nothing else; notes go to standard error. A question that begins with a dash
    goes behind two: sensorium ask FILE -- "-5 or 5?"
    """
    _check(question)
    media = read_askable(files)
    options = manner.options(max_tokens)
    live = sys.stdout.isatty() and not as_json
    events = open_model(which.name, which.adapter).stream(question, *media, **options)
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
    return (kind in ("image", "audio", "video") or question.endswith(".pdf")) and not any(map(str.isspace, question))
