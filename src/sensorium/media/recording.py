"""Sounds of any length, piece by piece: a second of them is in memory, the rest stays in its file."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia, UnsupportedMedia
from sensorium.media.audio import SoundDecoder, check_length, wav_shortfall
from sensorium.media.container import open_container, promised_seconds
from sensorium.media.limits import Limits
from sensorium.media.sniff import Format, sniff
from sensorium.media.source import check_some, is_data_uri, open_file, read_source

_HEAD = 2**20
"""Bytes that are looked at to tell what a file is."""


@dataclass(frozen=True, eq=False)
class SoundPiece:
    """Samples float32 [time] in -1..1, mono, 16 kHz, at most a second, behind `start` samples of the same sound.

    The last piece may be empty: its `notices` are sentences for the user about the whole sound.
    """

    start: int
    samples: NDArray[np.float32]
    source: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Recording:
    """A sound that was looked at; its pieces are read while one goes through them, each time anew.

    name: for messages.
    seconds: about how long it is, None where the file does not tell.
    limits: they act while reading.
    opened: hands out its container.
    short: what is to be said if the file seems cut.
    """

    name: str
    seconds: float | None
    limits: Limits
    opened: Callable[[], AbstractContextManager[InputContainer]]
    short: tuple[str, ...] = ()

    def __iter__(self) -> Generator[SoundPiece, None, None]:
        """The samples that `load_media` gives, in pieces; closing this closes the file.

        Raises: LimitExceeded at the first piece that is over a limit; UnreadableMedia when nothing can be decoded.
        """
        with self.opened() as container:
            decoder = SoundDecoder(container, _first_sound(container, self.name), self.name, self.limits)
            start = 0
            for samples in decoder.pieces():
                yield SoundPiece(start, samples, self.name)
                start += len(samples)
            if notices := decoder.notices() + decoder.missing() + self.short:
                yield SoundPiece(start, np.zeros(0, np.float32), self.name, notices)


def open_recording(
    source: str | os.PathLike[str] | bytes | bytearray, *, limits: Limits | None = None, name: str | None = None
) -> Recording:
    """Look at a sound, or at the sound track of a film, without reading it.

    Args:
        source: a path, the bytes of a file, or a `data:` URI. Nothing is fetched from a network.
        limits: bounds that act while reading; a length that the header states is compared at once.
        name: what to call it in messages; otherwise the file name.
    Raises: UnreadableMedia, UnsupportedMedia or LimitExceeded; all are `InputError` and name the file and the reason.
    """
    limits = limits or Limits()
    origin = _origin(source, limits, name)
    found = sniff(origin.head)
    if found.kind != "av":
        advice = found.advice or "Give a recording"
        raise UnsupportedMedia(f"{origin.name}: {found.name}; expected a sound or a film. {advice}.")
    opened = partial(origin.opened, found, origin.name, limits)
    with opened() as container:
        stream = _first_sound(container, origin.name)
        SoundDecoder(container, stream, origin.name, limits)  # checks it
        promised = promised_seconds(container, stream)
        check_length(promised, origin.name, limits)
        seconds = promised or (container.duration or 0) / av.time_base or None
    short = wav_shortfall(origin.head, origin.name, origin.size) if found.decoder == "wav" else ()
    return Recording(origin.name, seconds, limits, opened, short)


class _Origin(NamedTuple):
    """Where the bytes come from: the first of them, how many there are, and the way to their container."""

    head: bytes
    size: int
    name: str
    opened: Callable[[Format, str, Limits], AbstractContextManager[InputContainer]]


def _origin(source: str | os.PathLike[str] | bytes | bytearray, limits: Limits, name: str | None) -> _Origin:
    """A file stays on disk; what is in memory already is read there."""
    if isinstance(source, str | os.PathLike) and not is_data_uri(source):
        with open_file(source, limits, name) as (file, shown):
            head = file.read(_HEAD)
            check_some(head, shown)
            return _Origin(head, os.fstat(file.fileno()).st_size, shown, partial(_open_file, source))
    given = read_source(source, limits, name)
    return _Origin(given.data, len(given.data), given.name, partial(open_container, given.data))


@contextmanager
def _open_file(path: str | os.PathLike[str], found: Format, name: str, limits: Limits) -> Iterator[InputContainer]:
    """A container that is read when it is needed; the demuxer sees the bytes of the file, never its path."""
    with open_file(path, limits, name) as (file, _), open_container(file, found, name, limits) as container:
        yield container


def _first_sound(container: InputContainer, name: str) -> AudioStream:
    if not container.streams.audio:
        raise UnreadableMedia(f"{name}: no sound in it; expected a recording. Give another file.")
    return container.streams.audio[0]
