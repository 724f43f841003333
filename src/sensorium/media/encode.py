"""Media back to bytes: PNG or JPEG, WAV, MP4 or GIF."""

import io
import wave
from fractions import Fraction
from typing import Literal

import numpy as np

from sensorium.media.types import SAMPLE_RATE, AudioClip, Image, VideoClip

_CLOCK = 90_000  # ticks per second: whole numbers for the usual frame rates


def encode_image(image: Image, kind: Literal["png", "jpeg"] = "png", *, quality: int = 90) -> bytes:
    """Return PNG (exact) or JPEG bytes of a picture; `quality` 1 … 95 counts for JPEG only."""
    from PIL import Image as Pillow

    target = io.BytesIO()
    Pillow.fromarray(image.pixels).save(target, kind.upper(), quality=quality)
    return target.getvalue()


def encode_audio(clip: AudioClip) -> bytes:
    """Return WAV bytes, 16-bit PCM, 16 kHz mono; what is beyond -1..1 is clipped."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.rint(np.clip(clip.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return target.getvalue()


def encode_video(clip: VideoClip, kind: Literal["mp4", "gif"] = "mp4") -> bytes:
    """Return MP4 (H.264 and AAC, frame times kept) or GIF bytes (no sound, times rounded to 0.01 s).

    H.264 needs even sides: an odd one grows by a repeated row or column.
    """
    return _encode_gif(clip) if kind == "gif" else _encode_mp4(clip)


def _encode_gif(clip: VideoClip) -> bytes:
    from PIL import Image as Pillow

    ticks = np.diff(np.rint(np.append(clip.times, clip.seconds) * 100)).astype(int)
    first, *others = (Pillow.fromarray(frame) for frame in clip.frames)
    target = io.BytesIO()
    durations = [max(2, int(tick)) * 10 for tick in ticks]
    first.save(target, "GIF", save_all=True, append_images=others, duration=durations, loop=0, disposal=1)
    return target.getvalue()


def _encode_mp4(clip: VideoClip) -> bytes:
    import av

    height, width = clip.frames.shape[1:3]
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        picture = container.add_stream("h264", rate=30, options={"crf": "18", "preset": "veryfast", "bf": "0"})
        picture.width, picture.height, picture.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        picture.codec_context.time_base = Fraction(1, _CLOCK)
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono") if clip.sound else None
        ticks = np.rint(np.append(clip.times, clip.seconds) * _CLOCK).astype(int).tolist()
        packets = []
        for pixels, start in zip(clip.frames, ticks, strict=False):
            even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(even, "rgb24")
            frame.pts, frame.time_base = start, Fraction(1, _CLOCK)
            packets += picture.encode(frame)
        shown = dict(zip(ticks, np.diff(ticks).tolist(), strict=False))
        for packet in [*packets, *picture.encode(None)]:
            packet.duration = max(1, shown[packet.pts or 0])  # the encoder assumes a constant rate
            container.mux(packet)
        if sound and clip.sound:
            samples = av.AudioFrame.from_ndarray(clip.sound.samples[None].astype(np.float32), "fltp", "mono")
            samples.sample_rate, samples.pts, samples.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
            container.mux([*sound.encode(samples), *sound.encode(None)])
    return target.getvalue()
