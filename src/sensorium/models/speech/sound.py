"""Sound of any length, a window at a time: pieces are taken when they are needed and forgotten when they are behind."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.inputs.mel import check_samples
from sensorium.media.recording import Recording, SoundPiece
from sensorium.media.types import SAMPLE_RATE, AudioClip

Sound = AudioClip | Recording | Iterable[AudioClip]
"""A sound, a file of one, or its pieces in their order; the last two are read while they are listened to."""

Samples = NDArray[np.float32]

Progress = Callable[[float, float | None], None]
"""Called with the seconds that are done, and those in all where they are known."""

QUIET = 2.0**-15
"""One step of 16 bits: what is never louder is silence."""


class SoundStream:
    """A place in a sound, and what comes after it."""

    def __init__(self, sound: Sound) -> None:
        """Begin at the start."""
        clips: Iterable[AudioClip | SoundPiece] = (sound,) if isinstance(sound, AudioClip) else sound
        self._expected = sound.seconds if isinstance(sound, AudioClip | Recording) else _total(sound)
        self._source: Iterator[AudioClip | SoundPiece] = iter(clips)
        self._pieces: deque[Samples] = deque()
        self._held = 0
        self._place = 0
        self._ended = False
        self._notices: list[str] = []

    @property
    def place(self) -> int:
        """Samples that are behind."""
        return self._place

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self._place / SAMPLE_RATE

    @property
    def seconds_in_all(self) -> float | None:
        """Exact once the end was seen; before, what a file or its pieces say, None if that is nothing or wrong."""
        seen = (self._place + self._held) / SAMPLE_RATE
        if self._ended:
            return seen
        return None if self._expected is None or self._expected < seen else self._expected

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the pieces so far."""
        return tuple(self._notices)

    def look(self, count: int) -> Samples:
        """The next `count` samples, fewer at the end, none behind it; the place stays.

        Raises: UnreadableMedia for samples that are no numbers, or a sound without any; what the pieces raise.
        """
        while self._held < count and not self._ended:
            self._take()
        if not self._held and not self._place:
            raise UnreadableMedia("sound: got no samples; expected some. Give a file that has sound.")
        taken: list[Samples] = []
        missing = count
        for piece in self._pieces:
            taken.append(piece[:missing])
            missing -= len(taken[-1])
            if not missing:
                break
        if not taken:
            return np.zeros(0, np.float32)
        return taken[0] if len(taken) == 1 else np.concatenate(taken)

    def skip(self, count: int) -> None:
        """Go on by `count` samples, as many of them as have been looked at."""
        count = min(count, self._held)
        self._place += count
        self._held -= count
        while count:
            piece = self._pieces.popleft()
            if len(piece) > count:
                self._pieces.appendleft(piece[count:])
            count -= min(count, len(piece))

    def close(self) -> None:
        """Read no more, and let go of the file."""
        if isinstance(self._source, Generator):
            self._source.close()

    def _take(self) -> None:
        """The next piece, or the end."""
        piece = next(self._source, None)
        if piece is None:
            self._ended = True
            return
        check_samples(piece.samples, piece.source)
        self._notices += piece.notices
        if len(piece.samples):
            self._pieces.append(piece.samples)
            self._held += len(piece.samples)


def silent(samples: Samples) -> bool:
    """Whether there is nothing to hear."""
    return not len(samples) or float(np.abs(samples).max()) <= QUIET


def unwatched(done: float, total: float | None) -> None:
    """The progress that nobody watches."""


def _total(clips: Iterable[AudioClip]) -> float | None:
    return sum(clip.seconds for clip in clips) if isinstance(clips, Sequence) else None
