"""`sensorium transcribe`: speech to text, subtitles or JSON."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from sensorium.cli.console import note, patience, write
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import STDIN, AsJson
from sensorium.cli.outputs import check_output
from sensorium.cli.transcribe_progress import Watch, position, watching
from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.core.files import write_atomic

if TYPE_CHECKING:
    from sensorium.media.recording import Recording
    from sensorium.models.speech.transcript import Transcription
    from sensorium.runtime.transcription import Transcriber

Form = Literal["text", "srt", "vtt", "json"]

INTERRUPTED = 130

_USUAL = "openai/whisper-tiny"

_BLOCK = 2**20


def transcribe(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A sound or a film, '-' for standard input.")],
    *,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="M",
            help="A Whisper or wav2vec 2.0: its folder, or org/name of the Hub.  [default: openai/whisper-tiny, once "
            "it was fetched]",
        ),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="What is written.  [default: by the ending of --output, else text]"),
    ] = None,
    as_json: AsJson = False,
    translate: Annotated[bool, typer.Option("--translate", help="Write English, whatever is spoken.")] = False,
    language: Annotated[
        str | None, typer.Option("--language", metavar="L", help="Spoken: a code or a name.", show_default=False)
    ] = None,
    words: Annotated[
        bool, typer.Option("--words", help="Find out when each word was said, for JSON and for short subtitles.")
    ] = False,
    output: Annotated[
        str | None, typer.Option("--output", metavar="FILE", help="Write there, all or nothing.", show_default=False)
    ] = None,
) -> None:
    """Write down what is said in a sound or a film, of up to a day.

    Plain text comes line by line as it is heard; the other forms, and a file, at the end. How far it is goes to
    standard error.
    """
    target = None if output is None else _target(output, file)
    form = _form(form, target, as_json=as_json)
    if words and form == "text":
        note("plain text has no times, so --words changes nothing; --format srt, vtt and json have them")
    with _looked_at(file) as recording:
        transcriber = _open(model or _at_hand())
        with watching() as watch:
            heard = transcriber.transcribe(
                recording,
                language=language,
                translate=translate,
                word_times=words or form == "json",
                progress=watch.hear,
            )
            live = form == "text" and target is None
            with closing(heard), _interruptible(heard, recording, "what is above" if live else "nothing"):
                text = _said(heard, watch) if live else _written(heard, form)
    for line in heard.notices:
        note(line)
    if not heard.transcript().text:
        note("no speech was heard")
    _deliver(text, target)


def _at_hand() -> str:
    """The model where none is named. Raises: UsageError where it would have to be fetched first."""
    from sensorium.weights.hub import is_cached

    if not is_cached(_USUAL):
        raise UsageError(
            f"got no --model, and none was fetched before; expected a Whisper or wav2vec 2.0. "
            f"Name one: --model {_USUAL} fetches 0.2 GB once."
        )
    return _USUAL


def _form(form: Form | None, target: Path | None, *, as_json: bool) -> Form:
    """What was asked for, else what the ending of a file means, else text. Raises: UsageError for two wishes."""
    if as_json:
        if form not in (None, "json"):
            raise UsageError(f"got --json and --format {form}; expected one of them. Leave the other out.")
        return "json"
    endings: dict[str, Form] = {".srt": "srt", ".vtt": "vtt", ".json": "json"}
    return form or endings.get("" if target is None else target.suffix.lower(), "text")


def _said(heard: "Transcription", watch: Watch) -> str:
    """Write lines as they are heard, so that nothing is left to be written."""
    for segment in heard:
        if line := " ".join(segment.text.split()):
            watch.say(line)
    return ""


def _written(heard: "Transcription", form: Form) -> str:
    """The whole transcript."""
    from sensorium.models.speech import subtitles

    forms = {"text": subtitles.as_text, "srt": subtitles.as_srt, "vtt": subtitles.as_vtt, "json": subtitles.as_json}
    return forms[form](heard.transcript())


def _deliver(text: str, output: Path | None) -> None:
    """Write to a file, or to standard output, which gets it too when the file cannot be written: UsageError."""
    if output is None:
        write(text, end="")
        return
    try:
        write_atomic(output, text.encode())
    except OSError as error:
        write(text, end="")
        raise UsageError(
            f"{output}: {error.strerror or error}; expected to write the transcript there, so standard output has it. "
            "Make room, or give another file: --output FILE."
        ) from error


def _target(output: str, file: str) -> Path:
    """Refuse, before hours of work, what could not be written after them or would replace the sound: UsageError."""
    target = check_output(output, "--output")
    if file != STDIN and target.exists() and os.path.exists(file) and target.samefile(file):  # noqa: PTH110 (Path may raise)
        raise UsageError(f"{output} is the sound itself; expected another file for its transcript. Give one.")
    return target


@contextmanager
def _interruptible(heard: "Transcription", recording: "Recording", kept: str) -> Iterator[None]:
    """Ctrl-C says how far it came."""
    try:
        yield
    except KeyboardInterrupt as stop:
        note(f"stopped at {position(heard.seconds, recording.seconds)}; {kept} was written")
        raise typer.Exit(INTERRUPTED) from stop


@contextmanager
def _looked_at(file: str) -> Iterator["Recording"]:
    """The sound in a file, or in what standard input brings, which is kept in a file as long as it is needed.

    Raises: UsageError, InputError.
    """
    from sensorium.media.recording import open_recording
    from sensorium.runtime.hours import HOURS

    if file != STDIN:
        yield open_recording(file, limits=HOURS)
        return
    if sys.stdin.isatty():
        raise UsageError("'-' reads a sound from standard input, but that is the terminal. Pipe one in: ... < FILE")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "sound"
        _copy(sys.stdin.buffer, copy, most=HOURS.file_bytes)
        yield open_recording(copy, limits=HOURS, name="standard input")


def _copy(source: BinaryIO, target: Path, *, most: int) -> None:
    """As much as is allowed, and a block more, so that the file is seen to be too large. Raises: UnreadableMedia."""
    try:
        with target.open("wb") as file:
            while file.tell() <= most and (block := source.read(_BLOCK)):
                file.write(block)
    except OSError as error:
        raise UnreadableMedia(
            f"standard input: cannot be kept in {target.parent} ({error.strerror or error}); expected room for all of "
            "it. Save it as a file and give that."
        ) from error


def _open(name: str) -> "Transcriber":
    with patience("loading the model …"), fetching() as progress:
        from sensorium.runtime.transcription import load_transcriber

        return load_transcriber(name, progress=progress)
