"""Films to pixels as the processors of VideoMAE and TimeSformer make them: choose frames, resize, crop, normalise.

    uint8 [frames, height, width, 3] ── choose F ── each as a picture (inputs/pictures.py) ── fp32 [F, 3, h, w]

Frames are chosen by the time at which they are shown, so films of a variable frame rate are seen at an even pace.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import ConfigError, UnreadableMedia
from sensorium.inputs.pictures import CLIP, HALF, PictureSpec, Settings, picture_spec, prepare
from sensorium.media.types import VideoClip

VIDEOMAE: Settings = {**CLIP, "resample": 2, "image_mean": HALF, "image_std": HALF}
"""What a VideoMAE processor does where its config is silent; checkpoints of TimeSformer name it too."""

TIMESFORMER: Settings = {**VIDEOMAE, "image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225)}
"""What TimeSformer's own processor does, which came later."""

_DEFAULTS = {"": VIDEOMAE, "VideoMAE": VIDEOMAE, "Timesformer": TIMESFORMER}
_TYPES = ("video_processor_type", "image_processor_type", "feature_extractor_type")
_OWN = (*_TYPES, "do_sample_frames", "fps", "num_frames", "return_metadata", "video_metadata")
"""Keys that choose frames: how many the network takes is said in its own config."""

_ROUNDING = 8
"""Units in the last place of a film's latest time: more than is lost in reckoning an instant, less than any frame."""


@dataclass(frozen=True)
class ClipSpec:
    """What is done to a film: `frames` of it are taken, and each is prepared as a picture."""

    frames: int
    pictures: PictureSpec


def clip_spec(config: Settings, *, frames: int, where: str) -> ClipSpec:
    """The spec that a preprocessor_config.json or video_preprocessor_config.json gives.

    Args:
        config: its content.
        frames: F, which the network takes.
        where: its name, for messages.

    Raises: ConfigError that names the setting which is unknown, unsupported, or of the wrong type.
    """
    named = str(next((config[key] for key in _TYPES if config.get(key)), ""))
    kind = re.sub(r"((Image|Video)Processor(Fast|Pil)?|FeatureExtractor)$", "", named)
    if kind not in _DEFAULTS:
        raise ConfigError(
            f"{where}: the processor is {named!r}; expected that of VideoMAE or Timesformer. Choose a model of a "
            "family that we have (sensorium models)."
        )
    return ClipSpec(frames, picture_spec(config, where=where, defaults=_DEFAULTS[kind], own=_OWN))


def choose_frames(clip: VideoClip, count: int) -> NDArray[np.intp]:
    """Indices of the frames that are shown at `count` instants, evenly spaced from the first frame to the last.

    Films are read from their files by the same rule (media/frames.py), so a film that was read as `count` frames
    gives all of them. Of N frames at a constant rate the i-th is frame i (N - 1) // (count - 1). A film of fewer
    frames shows some of them more than once.

    Returns: [count], ascending.

    Raises: UnreadableMedia for a film without frames, or with times that do not fit them.
    """
    _check(clip)
    first, last = float(clip.times[0]), float(clip.times[-1])
    instants = first + (last - first) * np.arange(count) / max(1, count - 1)
    lost = _ROUNDING * np.spacing(max(abs(first), abs(last)))
    return np.searchsorted(clip.times, instants + lost, side="right") - 1


def prepare_clip(clip: VideoClip, spec: ClipSpec) -> NDArray[np.float32]:
    """The whole way of one film. Returns: [F, 3, h, w].

    Raises: UnreadableMedia as `choose_frames`, LimitExceeded for frames too narrow to be enlarged.
    """
    kept, places = np.unique(choose_frames(clip, spec.frames), return_inverse=True)
    made = [prepare(clip.frames[index], spec.pictures, source=clip.source) for index in kept]
    return np.stack(made)[places]


def _check(clip: VideoClip) -> None:
    times = clip.times
    fits = times.ndim == 1 and 0 < len(times) == len(clip.frames)
    if not fits or not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise UnreadableMedia(
            f"{clip.source}: got frames {list(clip.frames.shape)} with times {list(times.shape)}; expected at least "
            "one frame, and for each the second at which it is shown, in order. Read the film again."
        )
