"""Speech in files to text with times, by Whisper or wav2vec 2.0."""

import os

from sensorium.core.errors import UnsupportedMedia, UsageError
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.recording import Recording, open_recording
from sensorium.media.types import AudioClip, Document, Image, VideoClip
from sensorium.models.catalog import TRANSCRIBERS, Progress
from sensorium.models.speech.sound import Progress as Heard
from sensorium.models.speech.transcript import Transcription
from sensorium.models.wav2vec2.transcribe import Wav2Vec2
from sensorium.models.wav2vec2.transcribe import transcribe as by_letters
from sensorium.models.whisper.transcribe import Whisper
from sensorium.models.whisper.transcribe import transcribe as by_words
from sensorium.runtime.finding import load_of
from sensorium.runtime.hours import HOURS
from sensorium.runtime.protocol import Input


class Transcriber:
    """A model that writes down speech."""

    def __init__(self, model: Whisper | Wav2Vec2, *, name: str, limits: Limits = HOURS) -> None:
        self.name = name
        self._model = model
        self._limits = limits

    def __repr__(self) -> str:
        return f"Transcriber({self.name!r})"

    def transcribe(
        self,
        file: Input | Recording,
        *,
        language: str | None = None,
        translate: bool = False,
        word_times: bool = False,
        progress: Heard | None = None,
    ) -> Transcription:
        """Write down what is said, segment by segment as it is heard.

        Args:
            file: a sound, or a film with one: a path, bytes, a data URI, looked at by `open_recording`, or decoded.
            language: a code or an English name; None to find out.
            translate: write English, whatever is spoken.
            word_times: find out when each word was said; of wav2vec 2.0 always.
            progress: told the seconds that are done, and those in all.

        Returns: the segments, each made when it is asked for. The file is read meanwhile, and let go at the end or by
        `close`.

        Raises: InputError for a file that cannot be taken; UsageError for a language or translation that the model does
        not have. While segments are made InputError for what is damaged or too long further on, and EngineError for a
        broken model.
        """
        if isinstance(self._model, Wav2Vec2):
            if translate or language is not None:
                raise UsageError(
                    f"{self.name}: writes down the one language that it was trained on; got a language or a wish for "
                    "a translation. Leave them out, or take a Whisper."
                )
            return by_letters(self._model, self._sound(file), progress=progress)
        return by_words(
            self._model,
            self._sound(file),
            language=language,
            task="translate" if translate else "transcribe",
            word_times=word_times,
            progress=progress,
        )

    def _sound(self, file: Input | Recording) -> AudioClip | Recording:
        if isinstance(file, AudioClip | Recording):
            return file
        if isinstance(file, VideoClip) and file.sound is not None:
            return file.sound
        if isinstance(file, str | os.PathLike | bytes | bytearray):
            return open_recording(file, limits=self._limits)
        medium = file if isinstance(file, Image | VideoClip | Document) else load_media(file)
        raise UnsupportedMedia(f"{medium.source}: expected a sound, got {medium.modality}. Give a recording.")


def load_transcriber(name: str | os.PathLike[str], *, progress: Progress | None = None) -> Transcriber:
    """Load a model that writes down speech.

    Args:
        name: the path of a model folder, or "org/name" of the Hub.
        progress: told while a model is fetched.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is no such model, ModelError when it
    cannot be fetched or does not fit into memory.
    """
    model, name, _ = load_of(TRANSCRIBERS, name, progress)
    return Transcriber(model, name=name)
