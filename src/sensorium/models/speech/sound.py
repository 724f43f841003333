"""Sound of any length, a window at a time: pieces are taken when they are needed and forgotten when they are behind."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.inputs.mel import check_samples
from sensorium.media.types import SAMPLE_RATE, AudioClip

Sound = AudioClip | Iterable[AudioClip]
"""A sound, or the pieces of one in their order, which may be read while it is listened to."""

Samples = NDArray[np.float32]

Progress = Callable[[float, float | None], None]
"""Called with the seconds that are done, and those in all where they are known."""

QUIET = 2.0**-15
"""One step of 16 bits: what is never louder is silence."""


class SoundStream:
    """A place in a sound, and what comes after it."""

    def __init__(self, sound: Sound) -> None:
        """Begin at the start; `seconds_in_all` is None for pieces that come one by one."""
        clips: Iterable[AudioClip] = (sound,) if isinstance(sound, AudioClip) else sound
        self.seconds_in_all = sum(clip.seconds for clip in clips) if isinstance(clips, Sequence) else None
        self._source: Iterator[AudioClip] = iter(clips)
        self._pieces: deque[Samples] = deque()
        self._held = 0
        self._place = 0

    @property
    def place(self) -> int:
        """Samples that are behind."""
        return self._place

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self._place / SAMPLE_RATE

    def look(self, count: int) -> Samples:
        """The next `count` samples, fewer at the end, none behind it; the place stays.

        Raises: UnreadableMedia for samples that are no numbers, or a sound without any.
        """
        while self._held < count and (clip := next(self._source, None)) is not None:
            check_samples(clip.samples, clip.source)
            if len(clip.samples):
                self._pieces.append(clip.samples)
                self._held += len(clip.samples)
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


def silent(samples: Samples) -> bool:
    """Whether there is nothing to hear."""
    return not len(samples) or float(np.abs(samples).max()) <= QUIET


def unwatched(done: float, total: float | None) -> None:
    """The progress that nobody watches."""
