"""Media as clients send them."""

import base64

import numpy as np

from sensorium.media.encode import encode_audio, encode_image, encode_video
from sensorium.media.types import AudioClip, Image, VideoClip

_NOISE = np.random.default_rng(0)

SOUND = AudioClip(_NOISE.normal(0, 0.1, 8_000).astype(np.float32))
PNG = encode_image(Image(_NOISE.integers(0, 256, (48, 48, 3), np.uint8)))
WAV = encode_audio(SOUND)
MP4 = encode_video(VideoClip(_NOISE.integers(0, 256, (4, 48, 48, 3), np.uint8), np.arange(4) / 2.0, 2.0, SOUND))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64(data)}"
