"""Which frames of a video to take, and decoding no more than leads to them.

Headers lie about length, rate and number of frames, so none of them is asked. The packets are listed first, which
decodes nothing; their time stamps say which frames exist and when each is shown.

    packets    K . . . . K . . . . K . . .        K key frame, decoding can start here
    targets    ^     ^     ^     ^       ^        the frames shown at evenly spaced moments
    runs       [-----]   [-------]   [---]        from the key frame to the last target behind it
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.media.container import read_packets
from sensorium.media.limits import Limits
from sensorium.media.types import Window, on_white

Shot = tuple[int, NDArray[np.uint8]]
"""A frame's time stamp and its pixels [height, width, 3]."""

_LEAST_WORK = 10_000  # pixels that the smallest frame counts as: its time goes into the call, not the pixels
_SLOW_DECODERS = ("vp9", "prores", "ffv1")  # a third of the pixels a second that H.264 gives
_SLACK = 1.25  # decoding order and damage cost a little more than planned

_ROUNDING = 1e-6  # of a frame: moments and times are no round numbers

Stamped = tuple[int, av.VideoFrame]


@dataclass(frozen=True)
class Track:
    """What the packets say, in units of `time_base`: sorted times of all frames and of key frames, and the end.

    `by_dts`: the container stores no display times (AVI), so decoding times count, shifted by the decoder's delay.
    """

    times: list[int]
    keys: list[int]
    end: int
    time_base: Fraction
    by_dts: bool = False

    def seconds(self, stamp: int) -> float:
        """Seconds from the first frame to `stamp`."""
        return float((stamp - self.times[0]) * self.time_base)


def list_packets(container: InputContainer, stream: VideoStream, name: str, limits: Limits) -> Track:
    """Read all packets of a stream without decoding.

    Raises: LimitExceeded for too many frames or too long a time; UnreadableMedia when there is none.
    """
    by_dts = container.format.name == "avi"
    times: list[int] = []
    keys: list[int] = []
    end: int | None = None
    for packet in read_packets(container, stream, name, limits):
        stamp = packet.dts if by_dts or packet.pts is None else packet.pts
        if stamp is None or packet.size == 0 or packet.is_discard:
            continue
        times.append(stamp)
        if packet.is_keyframe:
            keys.append(stamp)
        end = max(stamp + (packet.duration or 0), stamp if end is None else end)
    if end is None:
        raise UnreadableMedia(f"{name}: no frame in it; expected at least one. Copy or convert it again.")
    track = Track(sorted(set(times)), sorted(set(keys)), end, stream.time_base or Fraction(1, 1000), by_dts)
    if track.seconds(end) > limits.video_seconds:
        raise LimitExceeded(
            f"{name}: {track.seconds(end):.0f} s long; at most {limits.video_seconds:g} s are read. "
            "Cut it into shorter pieces."
        )
    return track


@dataclass(frozen=True)
class Plan:
    """Runs of decoding: where each starts (None: at the beginning) and the times of the frames wanted from it."""

    runs: tuple[tuple[int | None, list[int]], ...]
    wanted: int

    @property
    def count(self) -> int:
        """How many different frames the runs give."""
        return sum(len(targets) for _, targets in self.runs)


def frame_work(stream: VideoStream) -> int:
    """What decoding a frame counts as, in pixels of H.264."""
    pixels = stream.codec_context.width * stream.codec_context.height
    return max(_LEAST_WORK, pixels * (3 if stream.codec_context.name in _SLOW_DECODERS else 1))


def make_plan(track: Track, work: int, limits: Limits, window: Window | None = None) -> Plan:
    """Choose evenly spaced frames; where reaching one costs too much, the key frame before it.

    Args:
        track: from `list_packets`.
        work: of one frame, from `frame_work`.
        limits: frames wanted and work allowed.
        window: the part of the film that they are of; None for all of it.
    """
    times = track.times
    targets = times if window is None else _within(track, window)
    if len(targets) > limits.frames:
        first, span, gaps = targets[0], targets[-1] - targets[0], max(1, limits.frames - 1)
        even = {targets[bisect_right(targets, first + span * i // gaps) - 1] for i in range(limits.frames)}
        targets = sorted(even)
    most = limits.video_work // work
    if len(times) <= most or not track.keys:
        return Plan(((None, targets),), len(targets))
    runs: dict[int, list[int]] = {}
    for target in targets:
        runs.setdefault(track.keys[max(0, bisect_right(track.keys, target) - 1)], []).append(target)
    share = max(1, most // len(runs))
    for key, inside in runs.items():
        reach = times[min(len(times), bisect_right(times, key) - 1 + share) - 1]
        runs[key] = sorted({target if target <= reach else key for target in inside})
    return Plan(tuple(runs.items()), len(targets))


def _within(track: Track, window: Window) -> list[int]:
    """Times of the frames that are on show in a part of a film; with a rate, of those at its moments."""
    stop = track.seconds(track.end) if window.stop is None else window.stop
    seconds = [track.seconds(time) for time in track.times]
    low = max(0, bisect_right(seconds, window.start) - 1)
    high = len(seconds) if window.stop is None else max(low + 1, bisect_left(seconds, stop))
    if window.rate is None:
        return track.times[low:high]
    chosen = []
    for place in range(low, high):
        until = seconds[place + 1] if place + 1 < high else stop
        moment = math.ceil(max(0.0, seconds[place] - window.start) * window.rate - _ROUNDING)
        if window.start + moment / window.rate < until:
            chosen.append(track.times[place])
    return chosen or track.times[low : low + 1]


def decode_plan(container: InputContainer, stream: VideoStream, track: Track, plan: Plan, limits: Limits) -> list[Shot]:
    """Decode the frames of a plan, in order, each with its own time stamp, within `limits.video_work`.

    Where a target is damaged the next frame stands in for it; at the end of a damaged video, the last one.
    """
    decoder = _Decoder(container, stream, track, round(_SLACK * limits.video_work))
    shots: list[Shot] = []
    size: tuple[int, int] | None = None  # the first frame's; a stream that changes size is scaled to it
    for start, targets in plan.runs:
        for stamp, frame in decoder.follow(start, targets):
            if not shots or stamp > shots[-1][0]:
                size = size or _fit(frame, stream.sample_aspect_ratio, limits)
                shots.append((stamp, _pixels(frame, size)))
    return shots


@dataclass
class _Decoder:
    """Decodes one stream; `left` counts down the work that may still be done.

    `delay` is by how much the decoder's output lags behind the packets, in a container without display times; it is
    measured at the start, since after a jump into the middle the decoder drops frames at first.
    """

    container: InputContainer
    stream: VideoStream
    track: Track
    left: int
    delay: int | None = None

    def follow(self, start: int | None, targets: list[int]) -> Iterator[Stamped]:
        """Yield the first frame at or after each target, and the last frame if the targets go beyond it."""
        if start is not None:
            try:
                self.container.seek(start, stream=self.stream)
            except av.FFmpegError:  # a damaged index costs these frames, not the others
                return
        place = 0
        latest: Stamped | None = None
        for latest in self._frames(targets):
            if latest[0] >= targets[place]:
                yield latest
                place = bisect_right(targets, latest[0])
                if place == len(targets):
                    return
        if latest is not None:
            yield latest

    def _frames(self, targets: list[int]) -> Iterator[Stamped]:
        """Frames in display order up to the last target or a little further; damaged packets are passed over."""
        latest = self.track.times[0] - 1
        entered: int | None = None
        for packet in self._packets(targets):
            entered = packet.dts if entered is None else entered
            for frame in _decode(packet):
                stamp = frame.dts if self.track.by_dts or frame.pts is None else frame.pts
                if self.delay is None:
                    self.delay = (stamp or 0) - (entered or 0) if self.track.by_dts else 0
                latest = latest + 1 if stamp is None else stamp - self.delay  # None: the decoder held it until the end
                yield latest, frame

    def _packets(self, targets: list[int]) -> Iterator["av.Packet[VideoStream]"]:
        """Packets until all targets were among them, or the work is used up; then one that flushes the decoder."""
        waiting = set(targets)
        packets = self.container.demux(self.stream)
        while self.left > 0:
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError):
                return
            self.left -= frame_work(self.stream)
            yield packet
            if not self.track.by_dts:
                waiting.discard(packet.pts)
                if not waiting:
                    break
        flush = av.Packet()
        flush.stream = self.stream
        yield cast("av.Packet[VideoStream]", flush)


def _decode(packet: "av.Packet[VideoStream]") -> list[av.VideoFrame]:
    """The frames that a packet completes; none if it is damaged."""
    try:
        return packet.decode()
    except av.FFmpegError:
        return []


def _fit(frame: av.VideoFrame, pixel_shape: Fraction | None, limits: Limits) -> tuple[int, int]:
    """Width and height with square pixels and within the frame side, before the frame is turned upright."""
    stretch = float(pixel_shape) if pixel_shape and 0.2 <= pixel_shape <= 5 else 1.0
    width, height = frame.width * stretch, float(frame.height)
    scale = min(1.0, limits.frame_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _pixels(frame: av.VideoFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
    """RGB of a frame [height, width, 3], scaled to `size` (width, height), on white, then turned upright."""
    see_through = frame.format.has_palette or any(component.is_alpha for component in frame.format.components)
    scaled = frame.reformat(*size, "rgba" if see_through else "rgb24", interpolation="AREA", threads=1)
    pixels = np.asarray(scaled.to_ndarray(), np.uint8)
    if see_through:
        pixels = on_white(pixels)
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
