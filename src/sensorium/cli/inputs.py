"""What commands have in common on the way in: the model and the files."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import patience
from sensorium.cli.fetching import fetching
from sensorium.core.collection import lasting
from sensorium.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from sensorium.engine.sampling import Options
    from sensorium.media.types import Media
    from sensorium.runtime.protocol import Input, Model

STDIN = "-"

ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="M",
        help="A model (sensorium models), its folder, or org/name of the Hub.  [default: the bundled one]",
        show_default=False,
    ),
]
EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="Ask a model that a server runs: vllm://host:8000 (sglang://, openai://).  [default: this machine]",
        show_default=False,
    ),
]
Adapter = Annotated[
    str | None,
    typer.Option(
        "--adapter", metavar="FOLDER", help="Adapters for it, as train or peft wrote them.", show_default=False
    ),
]
MaxTokens = Annotated[int, typer.Option("--max-tokens", metavar="N", help="Longest answer.")]
Temperature = Annotated[float, typer.Option("--temperature", metavar="T", help="0 takes the likeliest words.")]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="S", help="The same seed, the same answer.  [default: another each time]", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON object; errors are JSON on standard error.")]
MediaFolder = Annotated[
    Path | None,
    typer.Option("--media", metavar="FOLDER", help="Where paths of media begin.  [default: the file's folder]"),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="OURS=THEIRS", help="What a column is called: messages=talk …"),
]


@dataclass(frozen=True)
class Which:
    """The model that answers, as options of a command (cli/options.py)."""

    model: ModelName = None
    engine: EngineName = None
    adapter: Adapter = None

    @property
    def name(self) -> str | None:
        """What `load` takes: the model's name, behind the address of its engine if there is one."""
        return served_by(self.engine, self.model)


def served_by(engine: str | None, model: str | None) -> str | None:
    """The name of a model at an engine: "vllm://host:8000/org/name". Raises: UsageError for no address of one."""
    if engine is None:
        return model
    from sensorium.runtime.hosted.address import read_address

    read_address(engine)
    return f"{engine.rstrip('/')}/{model or ''}"


def columns(given: list[str] | None) -> dict[str, str]:
    """Our names of a file's columns to its own, as `--column` gives them. Raises: UsageError."""
    pairs = [each.partition("=") for each in given or []]
    if wrong := [ours for ours, equals, theirs in pairs if not (ours and equals and theirs)]:
        raise UsageError(f"--column: got '{wrong[0]}'; expected OURS=THEIRS. Write, say: --column messages=talk")
    return {ours: theirs for ours, _, theirs in pairs}


def open_model(name: str | None, adapter: str | None = None) -> "Model":
    """Load a model, fetched if need be; a line says so if that takes long. Raises: UsageError, ModelError."""
    with patience("loading the model …"), fetching() as progress:
        with lasting():
            from sensorium.runtime.load import load

        named = () if name is None else (name,)
        return load(*named, adapter=adapter, progress=progress)


def sampling_options(max_tokens: int, temperature: float, seed: int | None) -> "Options":
    """How the words of an answer are chosen: looked at before the model loads. Raises: UsageError."""
    from sensorium.engine.sampling import Options, Sampling

    options = Options(max_tokens=max_tokens, temperature=temperature, seed=seed)
    Sampling(**options)
    return options


def read_files(paths: Sequence[str]) -> "list[Media]":
    """Decode files in their order, "-" from standard input: before the model loads, so that errors come at once.

    Raises: UsageError for a second "-", InputError for a file that cannot be taken.
    """
    _check_stdin(paths)
    return [read_file(path) for path in paths]


def read_askable(paths: Sequence[str]) -> "list[Input]":
    """The same for a question; of a PDF the path, or the bytes, since it depends on the model what is read of it."""
    from sensorium.chat.documents import is_pdf
    from sensorium.media.limits import Limits
    from sensorium.media.load import load_media
    from sensorium.media.source import read_source

    def read(path: str) -> "Input":
        given = read_source(_piped() if path == STDIN else path, Limits(), "standard input" if path == STDIN else None)
        if is_pdf(given.data):
            return given.data if path == STDIN else path
        return load_media(given.data, name=given.name)

    _check_stdin(paths)
    return [read(path) for path in paths]


def read_each(paths: Sequence[str]) -> "list[Media | InputError]":
    """The same; in the place of a file that cannot be taken stands why. Raises: UsageError for a second "-"."""

    def read(path: str) -> "Media | InputError":
        try:
            return read_file(path)
        except InputError as error:
            return error

    _check_stdin(paths)
    return [read(path) for path in paths]


def _check_stdin(paths: Sequence[str]) -> None:
    if list(paths).count(STDIN) > 1:
        raise UsageError("'-' stands twice, but standard input can be read once. Give the other file by its path.")


def read_file(path: str) -> "Media":
    """Decode one file, or standard input for "-". Raises: UsageError, InputError."""
    from sensorium.media.load import load_media

    return load_media(_piped(), name="standard input") if path == STDIN else load_media(path)


def _piped() -> bytes:
    """What standard input holds, no more than is read of a file and one byte. Raises: UsageError for a terminal."""
    from sensorium.media.limits import Limits

    if sys.stdin.isatty():
        raise UsageError("'-' reads a file from standard input, but that is the terminal. Pipe a file in: ... < FILE")
    return sys.stdin.buffer.read(Limits().file_bytes + 1)
