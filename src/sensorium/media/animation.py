"""Animated WebP through Pillow, whose frames come whole and in order: to a video like any other."""

import numpy as np
from PIL import Image as Pillow

from sensorium.core.errors import LimitExceeded
from sensorium.media.image import Pixels, check_size, open_picture, rgb_on_white
from sensorium.media.limits import Limits
from sensorium.media.sniff import Format
from sensorium.media.types import VideoClip

_SLOWER = 3  # times that a pixel takes longer than one of H.264
_LEAST_PIXELS = 10_000  # that the smallest frame counts as


def read_animation(data: bytes, found: Format, name: str, limits: Limits) -> VideoClip:
    """Decode evenly spaced frames of an animated WebP, each with the time at which it appears.

    Raises: as `read_image`, and LimitExceeded when it is longer, larger or has more frames than `limits` allow.
    """
    with open_picture(data, found, name) as picture:
        check_size(picture.size, name, limits)
        count, pixels = int(getattr(picture, "n_frames", 1)), picture.width * picture.height
        most = limits.video_work // (_SLOWER * max(_LEAST_PIXELS, pixels))
        if pixels > limits.frame_pixels or count > most:
            raise LimitExceeded(
                f"{name}: {count} frames of {picture.width}x{picture.height} pixels; at most {most} of up to "
                f"{limits.frame_pixels / 1e6:g} megapixels are decoded. Convert it to MP4."
            )
        wanted = set(np.linspace(0, count - 1, min(count, limits.frames)).round().astype(int).tolist())
        starts: list[int] = []
        shots: list[Pixels] = []
        clock = 0  # milliseconds, as the starts
        for index in range(count):
            try:
                picture.seek(index)
                picture.load()
            except (OSError, EOFError, ValueError):
                if shots:
                    break
                raise
            if index in wanted:
                small = picture.convert("RGBA")
                small.thumbnail((limits.frame_side, limits.frame_side), Pillow.Resampling.BOX)
                starts.append(clock)
                shots.append(rgb_on_white(small, limits.kept_pixels))
            clock += int(picture.info.get("duration", 0))
    seconds = clock / 1000
    if seconds > limits.video_seconds:
        raise LimitExceeded(f"{name}: {seconds:.0f} s long; at most {limits.video_seconds:g} s are read. Cut it.")
    lost = len(wanted) - len(shots)
    notices = (f"{name}: {lost} of {len(wanted)} chosen frames cannot be decoded.",) if lost else ()
    return VideoClip(np.stack(shots), np.array(starts) / 1000, seconds, None, name, notices)
