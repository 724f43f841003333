"""Decoded content: what `media/` makes of bytes, and all that the rest of the house sees of a file.

Frozen carriers of numpy arrays; no torch. `source` names where the content came from (a file name, or
"bytes"), `notices` are sentences for the user about what was changed on the way ("GIF has 12 frames; ...").
"""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UsageError

Modality = Literal["text", "image", "audio", "video", "document"]

SAMPLE_RATE = 16_000
"""Hz: every `AudioClip` has this rate, one channel."""


@dataclass(frozen=True, eq=False)
class Image:
    """A picture: pixels uint8 [height, width, 3], RGB, upright."""

    pixels: NDArray[np.uint8]
    source: str = "image"
    notices: tuple[str, ...] = ()
    modality: Literal["image"] = field(default="image", init=False)


@dataclass(frozen=True, eq=False)
class AudioClip:
    """A sound: samples float32 [time] in -1..1, mono, 16 kHz."""

    samples: NDArray[np.float32]
    source: str = "audio"
    notices: tuple[str, ...] = ()
    modality: Literal["audio"] = field(default="audio", init=False)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, eq=False)
class VideoClip:
    """A film: frames uint8 [frames, height, width, 3] shown at times float64 [frames], seconds from the start.

    `seconds` is the length of the film, of which `frames` are a sample; `sound` its sound track, if any.
    """

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    seconds: float
    sound: AudioClip | None = None
    source: str = "video"
    notices: tuple[str, ...] = ()
    modality: Literal["video"] = field(default="video", init=False)


@dataclass(frozen=True, eq=False)
class Document:
    """A text file: its text, bounded and with control characters neutralised."""

    text: str
    source: str = "document"
    notices: tuple[str, ...] = ()
    modality: Literal["document"] = field(default="document", init=False)


@dataclass(frozen=True)
class Window:
    """The part of a film that is read: seconds from `start` to before `stop`, the end for None.

    rate: frames a second that are taken, as far as limits allow; None for as many as they do.
    """

    start: float = 0.0
    stop: float | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        stop, rate = math.inf if self.stop is None else self.stop, 1.0 if self.rate is None else self.rate
        if not (0.0 <= self.start < stop and math.isfinite(self.start)) or not 0.0 < rate <= 1000.0:
            raise UsageError(
                f"window: got {self.start:g} to {stop:g} s at a rate of {self.rate}; expected a start from 0, a later "
                "stop, and above 0 to 1000 frames a second. Correct it."
            )


Media = Image | AudioClip | VideoClip | Document


def on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB [height, width, 3] of straight-alpha RGBA [height, width, 4] laid on white: hidden colours do not show."""
    alpha = rgba[:, :, 3:].astype(np.uint16)
    blended = (rgba[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return blended.astype(np.uint8)
