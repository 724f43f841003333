"""Sound through FFmpeg: any rate and channels to 16 kHz mono float32, decoded as a stream that stops at the limit."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.media.container import check_codec, missing_part, promised_seconds, read_packets
from sensorium.media.limits import Limits
from sensorium.media.types import SAMPLE_RATE, AudioClip

Samples = NDArray[np.float32]

_PIECE = SAMPLE_RATE  # samples resampled at a time: many small frames would cost more in Python than in FFmpeg
_LOUD = 2.0  # lossy codecs overshoot a little; beyond this the values mean something else
_MOST_DAMAGED = 100  # damaged packets in a row after which the rest is given up


def read_sound(
    container: InputContainer, stream: AudioStream, name: str, limits: Limits, begin: Fraction | None = None
) -> AudioClip:
    """Decode one audio stream of an opened container.

    Args:
        container: from `open_container`.
        stream: one of its audio streams.
        name: for messages.
        limits: length, channels and rates.
        begin: for the sound of a video, where on the container's clock the clip begins, in seconds: a later sound
            gets silence in front, an earlier one is cut. None begins with the first sample.

    Raises:
        LimitExceeded: longer than `limits.audio_seconds`, or channels or rate outside the limits.
        UnreadableMedia: no sample can be decoded, or none is finite.
        UnsupportedMedia: coded in a way that is not read.
    """
    decoder = SoundDecoder(container, stream, name, limits)
    samples = np.concatenate(list(decoder.pieces()))
    if begin is None:
        return AudioClip(samples, name, decoder.notices() + decoder.missing())
    lead = 0.0 if decoder.begin is None else decoder.begin - float(begin)
    return AudioClip(_shift(samples, lead, limits), name, decoder.notices())


def check_stream(rate: int, channels: int, name: str, limits: Limits) -> None:
    """Refuse a sample rate or channel count outside `limits`."""
    if channels > limits.channels:
        raise LimitExceeded(f"{name}: {channels} channels; at most {limits.channels} are mixed. Export it as stereo.")
    if not limits.lowest_rate <= rate <= limits.highest_rate:
        raise LimitExceeded(
            f"{name}: {rate} samples per second; expected {limits.lowest_rate} to {limits.highest_rate}. "
            "Resample it to 16000 Hz."
        )


def check_length(seconds: float, name: str, limits: Limits) -> None:
    """Refuse a sound that is longer than `limits`."""
    if seconds > limits.audio_seconds:
        raise LimitExceeded(
            f"{name}: longer than {_spelled(limits.audio_seconds)} of sound, the most that is read. "
            "Cut it into shorter pieces."
        )


def _spelled(seconds: float) -> str:
    """Whole hours as such."""
    return f"{seconds:g} s" if seconds % 3600 else f"{seconds / 3600:g} h"


def _shift(samples: Samples, lead: float, limits: Limits) -> Samples:
    """Begin `lead` seconds earlier with silence, or later where `lead` is negative; one sample stays."""
    count = round(min(lead, limits.audio_seconds) * SAMPLE_RATE)
    if count > 0:
        return np.concatenate([np.zeros(count, np.float32), samples])
    return samples[min(-count, len(samples) - 1) :]


class SoundDecoder:
    """One audio stream of an opened container to samples, piece by piece; counts what is odd on the way."""

    def __init__(self, container: InputContainer, stream: AudioStream, name: str, limits: Limits) -> None:
        """Look at the stream. Raises: UnsupportedMedia, LimitExceeded as `read_sound`."""
        check_codec(stream, name)
        check_stream(stream.codec_context.sample_rate, stream.codec_context.channels, name, limits)
        self.begin: float | None = None  # of its first frame, on the container's clock, in seconds
        self._container, self._stream = container, stream
        self._name, self._limits = name, limits
        self._resampler: av.AudioResampler | None = None
        self._shape = (0, "", "")
        self._work = self._total = self._damaged = self._bad = 0
        self._peak = 0.0

    def pieces(self) -> Iterator[Samples]:
        """All samples in their order, [time] at most a second, finite and in -1..1; to be asked for once.

        Raises: as `read_sound`, a sound without one good sample at its end.
        """
        for frame in self._frames():
            self.begin = frame.time if self.begin is None else self.begin
            yield from self._resampled(frame)
        yield from self._resampled(None)
        if not self._total:
            raise UnreadableMedia(f"{self._name}: no sound could be decoded; expected samples. Save it again as WAV.")
        if self._bad == self._total:
            raise UnreadableMedia(f"{self._name}: no sample is a finite number. Save it again as WAV.")

    def notices(self) -> tuple[str, ...]:
        """What was done to the pieces so far."""
        told = []
        if self._bad:
            told.append(f"{self._name}: {self._bad} samples were not numbers and became silence.")
        if self._damaged:
            pieces = "piece was" if self._damaged == 1 else "pieces were"
            told.append(f"{self._name}: {self._damaged} damaged {pieces} left out.")
        if self._peak > _LOUD:
            told.append(f"{self._name}: {self._peak:.0f} times louder than full scale; it was clipped.")
        return tuple(told)

    def missing(self) -> tuple[str, ...]:
        """A notice when the pieces so far are clearly less than the header promised."""
        promised = promised_seconds(self._container, self._stream)
        return missing_part(promised, self._total / SAMPLE_RATE, self._name)

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Frames in order; a damaged packet is counted and left out."""
        in_a_row = 0
        for packet in read_packets(self._container, self._stream, self._name, self._limits):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._damaged += 1
                in_a_row += 1
                if in_a_row == _MOST_DAMAGED:
                    return
                continue
            in_a_row = 0
            yield from (frame for frame in frames if isinstance(frame, av.AudioFrame))

    def _resampled(self, frame: av.AudioFrame | None) -> Iterator[Samples]:
        """What a frame completes; None flushes the end."""
        if frame is not None and (shape := (frame.sample_rate, frame.format.name, frame.layout.name)) != self._shape:
            yield from self._resampled(None)  # the stream changed on the way: finish with the old settings
            check_stream(frame.sample_rate, frame.layout.nb_channels, self._name, self._limits)
            # packed samples: PyAV 18 reads past the end of eight planes
            self._resampler, self._shape = av.AudioResampler("flt", frame.layout, SAMPLE_RATE, _PIECE), shape
        if self._resampler is None:
            return
        if frame is not None:
            self._count_work(frame)
        for piece in self._resampler.resample(frame):
            mono = piece.to_ndarray().reshape(piece.samples, -1).astype(np.float32).mean(axis=1)
            self._total += len(mono)
            check_length(self._total / SAMPLE_RATE, self._name, self._limits)
            yield self._clean(mono)

    def _count_work(self, frame: av.AudioFrame) -> None:
        self._work += frame.samples * frame.layout.nb_channels
        if self._work > self._limits.audio_work:
            raise LimitExceeded(
                f"{self._name}: {frame.sample_rate} Hz in {frame.layout.nb_channels} channels is too much for its "
                f"length; at most {self._limits.audio_work} samples are decoded. Resample it to 16000 Hz."
            )

    def _clean(self, samples: Samples) -> Samples:
        """Finite and in -1..1, in place."""
        finite = np.isfinite(samples)
        self._bad += len(samples) - int(np.count_nonzero(finite))
        samples[~finite] = 0.0
        self._peak = max(self._peak, float(np.abs(samples).max(initial=0.0)))
        return np.clip(samples, -1.0, 1.0, out=samples)


def wav_shortfall(data: bytes, name: str, size: int | None = None) -> tuple[str, ...]:
    """A notice when the data chunk of a WAV is larger than the file; FFmpeg reads what is there and says nothing.

    `size` is that of the file where `data` is only its beginning.
    """
    place = 12
    while data[place : place + 4] not in (b"data", b""):
        place += 8 + int.from_bytes(data[place + 4 : place + 8], "little")
    claimed, there = int.from_bytes(data[place + 4 : place + 8], "little"), (size or len(data)) - place - 8
    if there < 0 or claimed <= there or claimed == 2**32 - 1:  # the last one is written when the length is unknown
        return ()
    return (f"{name}: its header promises {claimed} bytes of sound, but {there} are there; it may be cut short.",)
