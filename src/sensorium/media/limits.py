"""How much one input may cost: every bound that reading a file obeys, in one frozen object."""

import math
from dataclasses import dataclass, fields

from sensorium.core.errors import ConfigError


@dataclass(frozen=True)
class Limits:
    """Bounds on one file; they act before the memory is taken.

    What is over a bound raises `LimitExceeded`, except for the last group, which shapes the result: pictures and
    frames above it are scaled down, and a video is sampled.
    """

    file_bytes: int = 64 * 2**20
    text_characters: int = 1_000_000

    pages: int = 1_000

    pixels: int = 64_000_000
    side: int = 32_768
    aspect: float = 200.0
    image_memory: int = 192 * 2**20
    """Bytes that the decoder of a picture may take; a large JPEG is decoded at half, quarter … size to fit."""

    audio_seconds: float = 600.0
    audio_work: int = 300_000_000
    """Samples decoded, each channel counted."""

    channels: int = 8
    lowest_rate: int = 1_000
    highest_rate: int = 384_000

    video_seconds: float = 600.0
    packets: int = 200_000
    """Packets of all streams of a sound or video."""

    frame_pixels: int = 9_500_000
    """Pixels of one stored frame (4096x2304 fits)."""

    frames: int = 16
    frame_side: int = 512
    kept_pixels: int = 16_000_000
    """Pixels of a picture that is handed on."""

    video_work: int = 800_000_000
    """Pixels decoded to sample one video; beyond it frames are taken at or near key frames."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
                raise ConfigError(
                    f"limit {field.name} is {value!r}; expected a number above 0. Leave it out to take the default."
                )
