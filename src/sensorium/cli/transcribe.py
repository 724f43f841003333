"""`sensorium transcribe`: speech to text, subtitles or JSON."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sensorium.cli.console import note, patience, write
from sensorium.cli.fetching import fetching
from sensorium.cli.inputs import read_file

if TYPE_CHECKING:
    from sensorium.media.types import Media
    from sensorium.runtime.transcription import Transcriber

NOTED_EVERY = 60.0
"""Seconds of sound between two lines about how far it is."""


def transcribe(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A sound or a film, '-' for standard input.")],
    *,
    model: Annotated[
        str, typer.Option("--model", metavar="M", help="A Whisper or wav2vec 2.0: its folder, or org/name of the Hub.")
    ] = "openai/whisper-tiny",
    form: Annotated[Literal["text", "srt", "vtt", "json"], typer.Option("--format", help="What is written.")] = "text",
    translate: Annotated[bool, typer.Option("--translate", help="Write English, whatever is spoken.")] = False,
    language: Annotated[
        str | None, typer.Option("--language", metavar="L", help="Spoken: a code or a name.", show_default=False)
    ] = None,
    words: Annotated[bool, typer.Option("--words", help="Find out when each word was said (JSON has it).")] = False,
) -> None:
    """Write down what is said in a sound or a film.

    Plain text comes line by line as it is heard; the other forms at the end. How far it is goes to standard error.
    """
    sound = _sound(file)
    transcriber = _open(model)
    noted = 0.0

    def progress(done: float, total: float | None) -> None:
        nonlocal noted
        if done - noted >= NOTED_EVERY:
            noted = done
            note(f"{done / 60:.0f} min" + (f" of {total / 60:.0f}" if total else "") + " heard")

    heard = transcriber.transcribe(
        sound, language=language, translate=translate, word_times=words or form == "json", progress=progress
    )
    if form == "text":
        for segment in heard:
            if line := " ".join(segment.text.split()):
                write(line)
        return
    from sensorium.models.speech import subtitles

    forms = {"srt": subtitles.as_srt, "vtt": subtitles.as_vtt, "json": subtitles.as_json}
    write(forms[form](heard.transcript()), end="")


def _sound(file: str) -> "Media":
    from sensorium.cli.inputs import STDIN
    from sensorium.media.load import load_media
    from sensorium.runtime.transcription import HOURS

    return read_file(file) if file == STDIN else load_media(file, limits=HOURS, want="audio")


def _open(name: str) -> "Transcriber":
    with patience("loading the model …"), fetching() as progress:
        from sensorium.runtime.transcription import load_transcriber

        return load_transcriber(name, progress=progress)
