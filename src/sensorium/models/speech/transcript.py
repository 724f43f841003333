"""What was said and when: the typed result of every model that writes down speech."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Word:
    """A word, with the space before it where its language has spaces; seconds from the start of the sound."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Segment:
    """Some words in a row, often a sentence.

    start, end: seconds from the start of the sound.
    text: with the space before it, so that the texts of all segments add up to the whole.
    words: with their times, none where they were not asked for.
    log_prob: mean natural logarithm of the probabilities of its tokens.
    no_speech: the chance that nobody speaks, 0 from a model that does not tell.
    temperature: at which it was drawn; 0 is the likeliest text.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    log_prob: float = 0.0
    no_speech: float = 0.0
    temperature: float = 0.0


@dataclass(frozen=True)
class Transcript:
    """All that was said in `seconds` of sound. `language` is a code such as "en", empty where it is not known."""

    language: str
    segments: tuple[Segment, ...]
    seconds: float

    @property
    def text(self) -> str:
        """All words."""
        return "".join(segment.text for segment in self.segments).strip()


class Listening(Protocol):
    """A model on its way through a sound."""

    @property
    def language(self) -> str | None:
        """The code of the language that is spoken; None while it is not known."""

    @property
    def seconds(self) -> float:
        """How much of the sound is done."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the sound, as far as it is done."""

    def segments(self) -> Generator[Segment, None, None]:
        """What is said, as it is heard; at its end, or when it is closed, the sound is let go."""


class Transcription:
    """Segments, each made when it is asked for; `transcript` takes all that are left."""

    def __init__(self, listening: Listening) -> None:
        """Begin."""
        self._listening = listening
        self._segments = listening.segments()
        self._made: list[Segment] = []

    @property
    def language(self) -> str | None:
        """The code of the language that is spoken; None before the first segment, or where none is told."""
        return self._listening.language

    @property
    def seconds(self) -> float:
        """How much of the sound is done."""
        return self._listening.seconds

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the sound, as far as it is done: damage that was passed over, for example."""
        return self._listening.notices

    def __repr__(self) -> str:
        return f"Transcription({len(self._made)} segments, {self.seconds:.1f} s so far)"

    def __iter__(self) -> "Transcription":
        return self

    def __next__(self) -> Segment:
        self._made.append(next(self._segments))
        return self._made[-1]

    def close(self) -> None:
        """Hear no more, and let go of the file."""
        self._segments.close()

    def transcript(self) -> Transcript:
        """All segments, those given out already among them."""
        for _ in self:
            pass
        return Transcript(self.language or "", tuple(self._made), self.seconds)
