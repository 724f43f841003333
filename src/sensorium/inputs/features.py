"""Media to features: resize, log-mel, frames; and how many rows of the language model each takes.

numpy and Pillow do the work, so that worker processes can prepare batches without torch; tensors are made when talks
are batched (assemble.py).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.inputs.mel import mel_filters
from sensorium.inputs.pictures import Resample, resize
from sensorium.inputs.spec import AudioSpec, ImageSpec, VideoSpec
from sensorium.media.types import AudioClip, Image, VideoClip

FILTER: Resample = "bicubic"
"""Of pictures and frames."""

LOUDEST = 2.0**31
"""Samples of any integer type are within; powers of larger ones leave the range of fp32."""


def fit(size: tuple[int, ...], spec: ImageSpec | VideoSpec, *, source: str) -> tuple[int, int]:
    """The size (height, width) that a picture is brought to: multiples of `spec.multiple`, area within bounds.

    The upper bound is strict; rounding to multiples may end a little under the lower one.

    Raises: LimitExceeded when the picture is longer than `spec.aspect` times its width.
    """
    height, width = size
    if max(height, width) > spec.aspect * min(height, width):
        raise LimitExceeded(
            f"{source}: {width}x{height} pixels is longer than {spec.aspect:g}:1, the most that this model takes. "
            "Cut the picture into pieces."
        )
    scale = min(max(1.0, (spec.min_pixels / (height * width)) ** 0.5), (spec.max_pixels / (height * width)) ** 0.5)
    sides = [max(1, round(side * scale / spec.multiple)) for side in (height, width)]
    while sides[0] * sides[1] * spec.multiple**2 > spec.max_pixels:  # rounding up may overshoot
        sides[sides[1] >= sides[0]] -= 1
    return sides[0] * spec.multiple, sides[1] * spec.multiple


def image_features(image: Image, spec: ImageSpec) -> NDArray[np.uint8]:
    """Returns: [3, height, width] uint8. Raises: UnreadableMedia for no pixels, LimitExceeded as `fit`."""
    _check_pixels(image.pixels, 3, "[height, width, 3]", source=image.source)
    height, width = fit(image.pixels.shape[:2], spec, source=image.source)
    return _channels_first(resize(image.pixels, height, width, FILTER))


def image_rows(features: NDArray[np.uint8], spec: ImageSpec) -> int:
    """Rows of the language model that a picture takes: one per `multiple` x `multiple` pixels."""
    return features.shape[1] * features.shape[2] // spec.multiple**2


def video_features(clip: VideoClip, spec: VideoSpec) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Returns: frames [F, 3, height, width] uint8 and times [F] fp32 seconds, F a multiple of the tubelet.

    Raises: UnreadableMedia for no frames, or not as many times; LimitExceeded as `fit`.
    """
    _check_pixels(clip.frames, 4, "[frames, height, width, 3]", source=clip.source)
    if clip.times.shape != clip.frames.shape[:1] or not np.isfinite(clip.times).all():
        raise UnreadableMedia(
            f"{clip.source}: got {len(clip.frames)} frames and times {list(clip.times.shape)}; expected a finite time "
            "for each frame. Read the film again."
        )
    count = min(len(clip.frames), spec.max_frames)
    chosen = np.linspace(0, len(clip.frames) - 1, count).round().astype(int)
    missing = -count % spec.tubelet
    chosen = np.concatenate((chosen, np.repeat(chosen[-1:], missing)))
    height, width = fit(clip.frames.shape[1:3], spec, source=clip.source)
    frames = np.stack([resize(clip.frames[index], height, width, FILTER) for index in chosen])
    return _channels_first(frames), clip.times[chosen].astype(np.float32)


def video_rows(features: NDArray[np.uint8], spec: VideoSpec) -> int:
    """Rows that a clip takes: one per tubelet."""
    frames, _, height, width = features.shape
    return frames // spec.tubelet * (height // spec.multiple) * (width // spec.multiple)


def audio_features(clip: AudioClip, spec: AudioSpec) -> NDArray[np.float32]:
    """Log-mel, normalised over the clip. Returns: [M, frames] fp32, frames a multiple of `spec.frame_multiple`.

    Power spectrum of Hann windows, Slaney mel filters and log10 clamped 8 under its maximum, as in Whisper; then
    (x - maximum + 4) / 4, in -1..1, so that the loudness of a sound does not count. Silence pads to the next multiple.

    Raises: UnreadableMedia for no samples, or some that are not numbers; LimitExceeded when the clip is longer than
    `spec.max_seconds`.
    """
    if clip.samples.ndim != 1 or not len(clip.samples) or not np.abs(clip.samples).max() <= LOUDEST:  # NaN is not
        raise UnreadableMedia(
            f"{clip.source}: got samples {list(clip.samples.shape)}, none or some not finite; expected float32 [time] "
            "in -1..1. Read the sound again."
        )
    if clip.seconds > spec.max_seconds:
        raise LimitExceeded(
            f"{clip.source}: {clip.seconds:.1f} s of sound is more than the {spec.max_seconds:g} s this model hears. "
            "Cut out the part that matters."
        )
    step = spec.hop * spec.frame_multiple
    length = -(-len(clip.samples) // step) * step
    padded = np.pad(clip.samples, (spec.window // 2, length - len(clip.samples) + spec.window // 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, spec.window)[:: spec.hop][: length // spec.hop]
    power = np.abs(np.fft.rfft(windows * _hann(spec.window), axis=1)) ** 2
    mel = np.log10(np.maximum(power @ mel_filters(spec.mel_bins, spec.window), 1e-10))
    top = max(float(mel.max()), -6.0)  # a floor, so that silence is not blown up into noise
    scaled = (np.maximum(mel, top - 8.0) - top + 4.0) / 4.0
    return np.ascontiguousarray(scaled.T, dtype=np.float32)


def audio_rows(features: NDArray[np.float32], spec: AudioSpec) -> int:
    """Rows that a sound takes: one per `frames_per_row` frames."""
    return features.shape[1] // spec.frames_per_row


@lru_cache
def _hann(window: int) -> NDArray[np.float32]:
    return np.hanning(window + 1)[:-1].astype(np.float32)


def _check_pixels(pixels: NDArray[np.uint8], axes: int, expected: str, *, source: str) -> None:
    """Raises: UnreadableMedia for pixels of another type or shape, or none at all."""
    if pixels.dtype != np.uint8 or pixels.ndim != axes or pixels.shape[-1] != 3 or not pixels.size:
        raise UnreadableMedia(
            f"{source}: got pixels {pixels.dtype} {list(pixels.shape)}; expected uint8 {expected}, no side 0. "
            "Convert the picture, or read it again."
        )


def _channels_first(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[..., height, width, 3] to [..., 3, height, width], own memory."""
    return np.ascontiguousarray(np.moveaxis(pixels, -1, -3))
