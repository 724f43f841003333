"""Sound and video containers through FFmpeg: a video becomes sampled frames with exact times and its sound track."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from sensorium.core.errors import InputError, LimitExceeded, UnreadableMedia
from sensorium.media.audio import read_sound, wav_shortfall
from sensorium.media.container import check_codec, missing_part, open_container, promised_seconds
from sensorium.media.frames import Track, decode_plan, frame_work, list_packets, make_plan
from sensorium.media.limits import Limits
from sensorium.media.sniff import Format
from sensorium.media.types import SAMPLE_RATE, AudioClip, VideoClip, Window

Opener = Callable[[], AbstractContextManager[InputContainer]]

_STILLS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def read_av(
    data: bytes,
    found: Format,
    name: str,
    limits: Limits,
    *,
    only_sound: bool = False,
    window: Window | None = None,
) -> AudioClip | VideoClip:
    """Read a container: a `VideoClip` if it has moving pictures, else an `AudioClip`; cover art does not count.

    `only_sound` reads the sound track of a video and leaves its pictures alone; `window` a part of a film, whose frames
    keep the times that they have in the whole one.

    Raises:
        LimitExceeded: longer, larger, faster or with more channels than `limits` allow.
        UnreadableMedia: damaged so that neither a frame nor a sound can be decoded.
        UnsupportedMedia: coded in a way that is not read.
    """
    opened = partial(open_container, data, found, name, limits)
    with opened() as container:
        stream = _moving(container)
        if stream is None or only_sound:
            if not container.streams.audio:
                there = "neither sound nor moving pictures" if stream is None else "no sound"
                raise UnreadableMedia(f"{name}: {there} in it; expected a recording. Give another file.")
            sound = read_sound(container, container.streams.audio[0], name, limits)
            short = wav_shortfall(data, name) if found.decoder == "wav" else ()
            return replace(sound, notices=sound.notices + short)
        check_codec(stream, name)
        _check_frame_size(stream, name, limits)
        track = list_packets(container, stream, name, limits)
        promised = promised_seconds(container, stream)
    if window is not None and window.start >= track.seconds(track.end):
        raise UnreadableMedia(
            f"{name}: {track.seconds(track.end):.1f} s long, and wanted from {window.start:g} s on. Begin earlier."
        )
    clip = _decode_video(opened, name, limits, track, window)
    if window is not None:
        return replace(clip, sound=_cut(clip.sound, window))
    longest = max(clip.seconds, clip.sound.seconds if clip.sound else 0.0)
    return replace(clip, notices=missing_part(promised, longest, name) + clip.notices)


def _cut(sound: AudioClip | None, window: Window) -> AudioClip | None:
    """The sound of a part of a film; None where it is over before."""
    if sound is None:
        return None
    first = round(window.start * SAMPLE_RATE)
    last = len(sound.samples) if window.stop is None else round(window.stop * SAMPLE_RATE)
    samples = sound.samples[first:last]
    return replace(sound, samples=samples) if len(samples) else None


def _decode_video(opened: Opener, name: str, limits: Limits, track: Track, window: Window | None) -> VideoClip:
    """The chosen frames and the sound track, from a container opened anew: a listed one cannot always be rewound."""
    with opened() as container:
        stream = _moving(container)
        if stream is None:
            raise UnreadableMedia(f"{name}: its streams cannot be told apart. Convert it to MP4.")
        plan = make_plan(track, frame_work(stream), limits, window)
        shots = decode_plan(container, stream, track, plan, limits)
    if not shots:
        raise UnreadableMedia(f"{name}: none of its {len(track.times)} frames can be decoded. Convert it to MP4.")
    notices: tuple[str, ...] = ()
    if plan.count < plan.wanted or plan.runs[0][0] is not None:
        notices += (f"{name}: too large to decode every frame, so frames at or soon after key frames were taken.",)
    if len(shots) < plan.count:
        notices += (f"{name}: {plan.count - len(shots)} of {plan.count} chosen frames cannot be decoded.",)
    sound, remarks = _sound_track(opened, name, limits, track.times[0] * track.time_base)
    times = np.array([track.seconds(stamp) for stamp, _ in shots])
    seconds = max(track.seconds(track.end), float(times[-1]))
    return VideoClip(np.stack([pixels for _, pixels in shots]), times, seconds, sound, name, notices + remarks)


def _moving(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures."""
    for stream in container.streams.video:
        if not stream.disposition & _STILLS:
            return stream
    return None


def _check_frame_size(stream: VideoStream, name: str, limits: Limits) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if 0 < width * height <= limits.frame_pixels:
        return
    most = f"{limits.frame_pixels / 1e6:g} megapixels"
    if width and height:
        raise LimitExceeded(f"{name}: frames of {width}x{height} pixels; at most {most} are read. Scale it down.")
    # FFmpeg gives no size when it is missing, and also when it is over the bound that we set
    raise LimitExceeded(f"{name}: its frames have no size or over {most}. Scale it down, or convert it to MP4.")


def _sound_track(
    opened: Opener, name: str, limits: Limits, begin: Fraction
) -> tuple[AudioClip | None, tuple[str, ...]]:
    """The first sound track, on the clock of the frames, and remarks; a bad one costs the sound, not the video."""
    try:
        with opened() as container:
            if not container.streams.audio:
                return None, ()
            sound = read_sound(container, container.streams.audio[0], name, limits, begin)
            return sound, sound.notices
    except InputError as error:
        return None, (f"The sound track was left out. {error}",)
