"""Sound through FFmpeg: any rate and channels to 16 kHz mono float32, decoded as a stream that stops at the limit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
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
    check_codec(stream, name)
    check_stream(stream.codec_context.sample_rate, stream.codec_context.channels, name, limits)
    decoded = _Decoded(name, limits)
    lead: float | None = None
    for frame in _frames(container, stream, decoded, name, limits):
        if lead is None and begin is not None and frame.time is not None:
            lead = frame.time - float(begin)
        decoded.add(frame)
    decoded.add(None)
    samples, notices = decoded.finish()
    if begin is None:
        notices += missing_part(promised_seconds(container, stream), len(samples) / SAMPLE_RATE, name)
    return AudioClip(_shift(samples, lead or 0.0, limits), name, notices)


def check_stream(rate: int, channels: int, name: str, limits: Limits) -> None:
    """Refuse a sample rate or channel count outside `limits`."""
    if channels > limits.channels:
        raise LimitExceeded(f"{name}: {channels} channels; at most {limits.channels} are mixed. Export it as stereo.")
    if not limits.lowest_rate <= rate <= limits.highest_rate:
        raise LimitExceeded(
            f"{name}: {rate} samples per second; expected {limits.lowest_rate} to {limits.highest_rate}. "
            "Resample it to 16000 Hz."
        )


def _shift(samples: Samples, lead: float, limits: Limits) -> Samples:
    """Begin `lead` seconds earlier with silence, or later where `lead` is negative; one sample stays."""
    count = round(min(lead, limits.audio_seconds) * SAMPLE_RATE)
    if count > 0:
        return np.concatenate([np.zeros(count, np.float32), samples])
    return samples[min(-count, len(samples) - 1) :]


@dataclass
class _Decoded:
    """Collects resampled pieces, counts damage and enforces the length."""

    name: str
    limits: Limits
    pieces: list[Samples] = field(default_factory=list)
    total: int = 0
    damaged: int = 0
    resampler: av.AudioResampler | None = None
    shape: tuple[int, str, str] = (0, "", "")

    work: int = 0

    def add(self, frame: av.AudioFrame | None) -> None:
        """Resample a frame; None flushes the end."""
        if frame is not None and (shape := (frame.sample_rate, frame.format.name, frame.layout.name)) != self.shape:
            self.add(None)  # the stream changed on the way: finish with the old settings
            check_stream(frame.sample_rate, frame.layout.nb_channels, self.name, self.limits)
            # packed samples: PyAV 18 reads past the end of eight planes
            self.resampler, self.shape = av.AudioResampler("flt", frame.layout, SAMPLE_RATE, _PIECE), shape
        if self.resampler is None:
            return
        if frame is not None:
            self.work += frame.samples * frame.layout.nb_channels
            if self.work > self.limits.audio_work:
                raise LimitExceeded(
                    f"{self.name}: {frame.sample_rate} Hz in {frame.layout.nb_channels} channels is too much for its "
                    f"length; at most {self.limits.audio_work} samples are decoded. Resample it to 16000 Hz."
                )
        for piece in self.resampler.resample(frame):
            mono = piece.to_ndarray().reshape(piece.samples, -1).astype(np.float32).mean(axis=1)
            self.total += len(mono)
            if self.total > self.limits.audio_seconds * SAMPLE_RATE:
                raise LimitExceeded(
                    f"{self.name}: longer than {self.limits.audio_seconds:g} s of sound, the most that is read. "
                    "Cut it into shorter pieces."
                )
            self.pieces.append(mono)

    def finish(self) -> tuple[Samples, tuple[str, ...]]:
        """All samples, finite and in -1..1, and what was done to them."""
        if not self.total:
            raise UnreadableMedia(f"{self.name}: no sound could be decoded; expected samples. Save it again as WAV.")
        samples = np.concatenate(self.pieces)
        self.pieces.clear()
        notices = []
        bad = int(np.count_nonzero(~np.isfinite(samples)))
        if bad == len(samples):
            raise UnreadableMedia(f"{self.name}: no sample is a finite number. Save it again as WAV.")
        if bad:
            samples = np.where(np.isfinite(samples), samples, np.float32(0))
            notices.append(f"{self.name}: {bad} samples were not numbers and became silence.")
        if self.damaged:
            notices.append(f"{self.name}: {self.damaged} damaged pieces were left out.")
        if (peak := float(max(samples.max(), -samples.min()))) > _LOUD:
            notices.append(f"{self.name}: {peak:.0f} times louder than full scale; it was clipped.")
        return np.clip(samples, -1.0, 1.0, out=samples), tuple(notices)


def _frames(
    container: InputContainer, stream: AudioStream, decoded: _Decoded, name: str, limits: Limits
) -> Iterator[av.AudioFrame]:
    """Frames in order; a damaged packet is counted and left out."""
    in_a_row = 0
    for packet in read_packets(container, stream, name, limits):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            decoded.damaged += 1
            in_a_row += 1
            if in_a_row == _MOST_DAMAGED:
                return
            continue
        in_a_row = 0
        yield from (frame for frame in frames if isinstance(frame, av.AudioFrame))


def wav_shortfall(data: bytes, name: str) -> tuple[str, ...]:
    """A notice when the data chunk of a WAV is larger than the file; FFmpeg reads what is there and says nothing."""
    place = 12
    while data[place : place + 4] not in (b"data", b""):
        place += 8 + int.from_bytes(data[place + 4 : place + 8], "little")
    claimed, there = int.from_bytes(data[place + 4 : place + 8], "little"), len(data) - place - 8
    if there < 0 or claimed <= there or claimed == 2**32 - 1:  # the last one is written when the length is unknown
        return ()
    return (f"{name}: its header promises {claimed} bytes of sound, but {there} are there; it may be cut short.",)
