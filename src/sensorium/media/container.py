"""FFmpeg containers through PyAV, opened safely: by one named demuxer, with no way to other files.

Playlists and reference movies name further files and hosts. Here a demuxer sees bytes only, never a path; any
attempt to open something else is refused; and decoders are told the largest frame they may allocate.
"""

import io
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NoReturn

import av
from av.container import InputContainer
from av.stream import Stream

from sensorium.core.errors import LimitExceeded, SensoriumError, UnreadableMedia, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.sniff import Format

# The decoders that everyday files need; the hundreds of others are ways in for hostile ones.
_DECODERS = (
    "aac,aac_latm,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,alac,amrnb,amrwb,apng,av1,dnxhd,eac3,ffv1,ffvhuff,flac,flv,"
    "gif,gsm_ms,h263,h264,hevc,huffyuv,libdav1d,libopus,libvorbis,libvpx,libvpx-vp9,mjpeg,mp1float,mp2float,mp3,"
    "mp3float,mpeg1video,mpeg2video,mpeg4,msmpeg4,msmpeg4v2,opus,pcm_alaw,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,"
    "pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,pcm_s32le,pcm_s8,pcm_u8,png,prores,qtrle,rawvideo,"
    "speex,svq3,theora,vc1,vorbis,vp8,vp9,wmav2,wmv2"
)
_HEADERS_TELL_LENGTH = ("wav", "aiff", "flac", "mov", "matroska", "avi")  # elsewhere FFmpeg estimates it
_MOST_THREADS = 4


@contextmanager
def open_container(data: bytes | BinaryIO, found: Format, name: str, limits: Limits) -> Iterator[InputContainer]:
    """Hand out the opened container of bytes or of an open file, which is read when it is needed.

    Whatever FFmpeg raises inside becomes `UnreadableMedia`.
    """
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    bound = {"max_pixels": str(limits.frame_pixels)}
    allowed = {"protocol_whitelist": "", "format_whitelist": found.decoder, "codec_whitelist": _DECODERS}
    try:
        with av.open(
            file, "r", found.decoder, bound | allowed, metadata_errors="replace", io_open=_refuse
        ) as container:
            for stream in container.streams:
                if stream.type == "video" and stream.codec_context is not None:
                    stream.codec_context.options = bound
                    # every thread holds frames of its own
                    stream.codec_context.thread_count = min(_MOST_THREADS, os.cpu_count() or 1)
            yield container
    except SensoriumError:
        raise
    except Exception as error:  # FFmpegError has a dozen bases; PyAV adds ValueError, IndexError and others
        raise UnreadableMedia(
            f"{name}: damaged or incomplete {found.name} ({_reason(error)}); expected a whole file. "
            "Save, copy or convert it again."
        ) from error


def check_codec(stream: Stream, name: str) -> None:
    """Refuse a stream whose decoder FFmpeg does not have, or is not one of ours: UnsupportedMedia."""
    decoder = stream.codec_context.name if stream.codec_context is not None else "an unknown way"
    if decoder not in _DECODERS.split(","):
        advice = "MP4 (H.264)" if stream.type == "video" else "WAV, FLAC or MP3"
        raise UnsupportedMedia(f"{name}: its {stream.type} is coded as {decoder}, which is not read. Make it {advice}.")


def read_packets(container: InputContainer, stream: Stream, name: str, limits: Limits) -> Iterator["av.Packet[Stream]"]:
    """Packets of one stream up to the readable end.

    Raises: LimitExceeded after `limits.packets` packets of all streams; the time that they take goes by their number.
    """
    packets = container.demux()
    for count in itertools.count():
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        if count > limits.packets:
            raise LimitExceeded(f"{name}: over {limits.packets} packets. Cut it into shorter pieces.")
        if packet.stream_index == stream.index:
            yield packet


def promised_seconds(container: InputContainer, stream: Stream) -> float:
    """The length that the header states, of the stream or else of the whole file; 0 where it states none."""
    if not set(container.format.name.split(",")) & set(_HEADERS_TELL_LENGTH):
        return 0.0
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def missing_part(promised: float, seconds: float, name: str) -> tuple[str, ...]:
    """A notice when a file holds clearly less than the `promised` seconds."""
    if seconds > 0.95 * promised - 0.2:
        return ()
    return (f"{name}: its header promises {promised:.1f} s, but {seconds:.1f} s are there; it may be cut short.",)


def _reason(error: Exception) -> str:
    """FFmpeg's complaint in a few words, without object addresses."""
    reason = error.strerror if isinstance(error, av.FFmpegError) else None
    return (reason or type(error).__name__).lower()


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("references to other files are not followed")
