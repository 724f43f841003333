"""Sound of any length to segments of words with times, through a network with CTC.

The sound is heard in chunks that overlap; what is near an edge of a chunk counts in the chunk where it is not. A chunk
begins at a whole row, so that rows of all chunks lie as those of the whole sound do. Norms are taken over a chunk,
where the reference takes them over the whole sound; for sounds of one chunk the two are the same.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from sensorium.core.errors import UsageError
from sensorium.media.types import SAMPLE_RATE
from sensorium.models.speech.sound import Progress, Samples, Sound, SoundStream, silent, unwatched
from sensorium.models.speech.transcript import Segment, Transcription
from sensorium.models.wav2vec2.ctc import Letter, LetterStream, segments, words
from sensorium.models.wav2vec2.inputs import Letters, normed


class Network(Protocol):
    """What transcribing asks of a network (model.CtcNetwork)."""

    @property
    def stride(self) -> int:
        """Samples from a row to the next."""

    @property
    def reach(self) -> int:
        """Samples that a row is made of at least."""

    def rows(self, samples: int) -> int:
        """How many rows so many samples make."""

    def __call__(self, samples: Tensor) -> Tensor:
        """Scores [N, S, V] of samples [N, T]."""


@dataclass(frozen=True, eq=False)
class Wav2Vec2:
    """A network ready to listen. `size`: V of its head; `norm`: whether sounds are normed first."""

    network: Network
    letters: Letters
    size: int
    norm: bool = True


@dataclass(frozen=True)
class Chunks:
    """Seconds that are heard at once, and how much at either edge is heard again by the neighbour."""

    seconds: float = 30.0
    edge: float = 4.0

    def __post_init__(self) -> None:
        if not 0.0 <= 2 * self.edge < self.seconds:
            raise UsageError(
                f"chunks are of {self.seconds:g} s with edges of {self.edge:g} s; expected edges shorter than half a "
                "chunk. Change one of them."
            )


def transcribe(
    model: Wav2Vec2, sound: Sound, *, progress: Progress | None = None, chunks: Chunks | None = None
) -> Transcription:
    """Write down what is said; the language is that of the checkpoint, which does not tell it.

    Args:
        model: any.
        sound: a clip of any length, a file or pieces of one; no more than a chunk of the last two is held in memory.
        progress: called before every chunk, and at the end.
        chunks: how the sound is cut.

    Returns: the segments, each made when it is asked for, with their words.

    Raises: while segments are made UnreadableMedia for a sound without samples or with some that are no numbers, and
    EngineError for a broken model.
    """
    return Transcription(_Listening(model, sound, progress or unwatched, chunks or Chunks()))


class _Listening:
    """A network on its way through a sound."""

    language: str | None = None

    def __init__(self, model: Wav2Vec2, sound: Sound, progress: Progress, chunks: Chunks) -> None:
        self._model = model
        self._sound = SoundStream(sound)
        self._progress = progress
        self._row = model.network.stride / SAMPLE_RATE
        self._edge = round(chunks.edge / self._row)
        self._rows = max(round(chunks.seconds / self._row), 2 * self._edge + 1)

    @property
    def seconds(self) -> float:
        return self._sound.seconds

    @property
    def notices(self) -> tuple[str, ...]:
        return self._sound.notices

    def segments(self) -> Generator[Segment, None, None]:
        with closing(self._sound):
            yield from segments(words(self._letters()))
            self._progress(self.seconds, self._sound.seconds_in_all)

    def _letters(self) -> Iterator[Letter]:
        network = self._model.network
        stream = LetterStream(self._model.letters, size=self._model.size, row=self._row)
        begin = 0  # rows at the front that the chunk before has told
        while True:
            wanted = network.reach + (self._rows - 1) * network.stride
            samples = self._sound.look(wanted)
            last = len(samples) < wanted
            rows = network.rows(len(samples))
            end = rows if last else rows - self._edge
            self._progress(self.seconds, self._sound.seconds_in_all)
            if rows <= begin or silent(samples):
                yield from stream.skip(max(0, end - begin))
            else:
                yield from stream.push(self._scores(samples)[begin:end])
            if last:
                self._sound.skip(len(samples))
                yield from stream.finish()
                return
            self._sound.skip((end - self._edge) * network.stride)
            begin = self._edge

    @torch.inference_mode()
    def _scores(self, samples: Samples) -> Tensor:
        """Returns: [S, V]."""
        prepared = normed(samples) if self._model.norm else samples
        return self._model.network(torch.tensor(prepared).unsqueeze(0))[0]
