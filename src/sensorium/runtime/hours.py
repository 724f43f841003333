"""How long speech may be, to be written down. Without torch."""

from sensorium.media.limits import Limits

_DAY = 24 * 3600

HOURS = Limits(
    file_bytes=32 * 2**30,
    audio_seconds=float(_DAY),
    audio_work=_DAY * 48_000 * 8,
    video_seconds=float(_DAY),
    packets=20_000_000,
)
"""Speech is longer than what other models look at, and is heard while it is read: a day takes no more memory than a
minute."""
