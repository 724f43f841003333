"""Speech in files to text with times, by Whisper or wav2vec 2.0."""

from sensorium.core.errors import UnsupportedMedia, UsageError
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip, Document, Image, VideoClip
from sensorium.models.catalog import TRANSCRIBERS, Progress, find
from sensorium.models.speech.sound import Progress as Heard
from sensorium.models.speech.transcript import Transcription
from sensorium.models.wav2vec2.transcribe import Wav2Vec2
from sensorium.models.wav2vec2.transcribe import transcribe as by_letters
from sensorium.models.whisper.transcribe import Whisper
from sensorium.models.whisper.transcribe import transcribe as by_words
from sensorium.runtime.memory import check_fit
from sensorium.runtime.protocol import Input

HOURS = Limits(audio_seconds=4 * 3600.0, video_seconds=4 * 3600.0)
"""Speech is longer than what other models look at; four hours take 0.9 GB of memory."""


class Transcriber:
    """A model that writes down speech."""

    def __init__(self, model: Whisper | Wav2Vec2, *, name: str, limits: Limits = HOURS) -> None:
        self.name = name
        self._model = model
        self._limits = limits

    def transcribe(
        self,
        file: Input,
        *,
        language: str | None = None,
        translate: bool = False,
        word_times: bool = False,
        progress: Heard | None = None,
    ) -> Transcription:
        """Write down what is said, segment by segment as it is heard.

        Args:
            file: a sound, or a film with one: a path, bytes, a data URI, or decoded.
            language: a code or an English name; None to find out.
            translate: write English, whatever is spoken.
            word_times: find out when each word was said; of wav2vec 2.0 always.
            progress: told the seconds that are done, and those in all.

        Raises: InputError for a file that cannot be taken; UsageError for a language or translation that the model does
        not have; EngineError, while segments are made, for a broken model.
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

    def _sound(self, file: Input) -> AudioClip:
        medium = (
            file
            if isinstance(file, Image | AudioClip | VideoClip | Document)
            else load_media(file, limits=self._limits, want="audio")
        )
        if isinstance(medium, VideoClip) and medium.sound is not None:
            return medium.sound
        if not isinstance(medium, AudioClip):
            raise UnsupportedMedia(f"{medium.source}: expected a sound, got {medium.modality}. Give a recording.")
        return medium


def load_transcriber(name: str, *, progress: Progress | None = None) -> Transcriber:
    """Load a model that writes down speech.

    Args:
        name: the path of a model folder, or "org/name" of the Hub.
        progress: told while a model is fetched.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is no such model, ModelError when it
    cannot be fetched or does not fit into memory.
    """
    family, folder = find(name, progress=progress, catalogue=TRANSCRIBERS)
    check_fit(folder, smaller=TRANSCRIBERS.entries[0].source)
    return Transcriber(TRANSCRIBERS.resolve(family)(folder), name=name)
