"""The table of encoders."""

from typing import Any, Literal

from sensorium.inputs.carrier import RowModality
from sensorium.models.composed.films import R3D, TIMESFORMER, TUBELET, VIDEOMAE
from sensorium.models.composed.kinds import Kind
from sensorium.models.composed.pictures import CLIP_TOWER, NATIVE, SIGLIP_TOWER
from sensorium.models.composed.sounds import MEL, WAV2VEC2, WHISPER

EncoderKind = Literal[
    "native", "clip", "siglip", "mel", "whisper", "wav2vec2", "tubelet", "r3d", "timesformer", "videomae"
]

KINDS: dict[RowModality, dict[EncoderKind, Kind[Any]]] = {
    "image": {"native": NATIVE, "clip": CLIP_TOWER, "siglip": SIGLIP_TOWER},
    "audio": {"mel": MEL, "whisper": WHISPER, "wav2vec2": WAV2VEC2},
    "video": {"tubelet": TUBELET, "r3d": R3D, "timesformer": TIMESFORMER, "videomae": VIDEOMAE},
}
"""Encoders of each modality."""

ENCODERS = {name: kind for kinds in KINDS.values() for name, kind in kinds.items()}

AXES: dict[RowModality, int] = {"image": 2, "audio": 1, "video": 3}
"""Axes of the grid in which the rows of a modality lie."""
