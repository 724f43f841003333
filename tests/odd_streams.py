"""Odd and hostile sounds and videos for `odd_media`, made here and now: (file name, bytes, expected, words)."""

import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray
from tests.odd_pictures import Case, encoded, gradient

from sensorium.core.errors import LimitExceeded, UnreadableMedia, UnsupportedMedia
from sensorium.media.encode import encode_video
from sensorium.media.types import AudioClip, VideoClip


def tone(seconds: float = 1.0, rate: int = 16_000, pitch: float = 440.0) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def wav(
    samples: bytes, *, rate: int = 16_000, channels: int = 1, bits: int = 16, tag: int = 1, claims: int = -1
) -> bytes:
    """A WAV file; `claims` is the size that its header states."""
    frame = channels * bits // 8
    head = struct.pack("<HHIIHH", tag, channels, rate, min(rate * frame, 2**32 - 1), frame & 0xFFFF, bits)
    size = len(samples) if claims < 0 else claims
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", size) + samples
    return b"RIFF" + struct.pack("<I", min(len(body), 2**32 - 1)) + body


def pcm(samples: NDArray[np.float32]) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()


def sound(kind: str, codec: str, samples: NDArray[np.float32], rate: int = 48_000, repeat: int = 1) -> bytes:
    """Encode samples [channels, time]; `repeat` writes the same packets again and again."""
    target = io.BytesIO()
    with av.open(target, "w", format=kind) as container:
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(samples)]
        options = {"strict": "experimental"}  # FFmpeg's own Vorbis encoder counts as one
        stream = cast("av.AudioStream", container.add_stream(codec, rate=rate, options=options, layout=layout))
        wanted = stream.codec_context.codec.audio_formats[0].name  # type: ignore[index]
        resampler = av.AudioResampler(wanted, layout, rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        packets = [packet for piece in resampler.resample(frame) for packet in stream.encode(piece)]
        packets += stream.encode(None)
        length = sum(packet.duration or 0 for packet in packets)
        for turn in range(repeat):
            for packet in packets:
                data = bytes(packet)
                copy = av.Packet(data)
                copy.stream, copy.time_base, copy.duration = stream, packet.time_base, packet.duration
                copy.pts = copy.dts = (packet.pts or 0) + turn * length
                container.mux(copy)
    return target.getvalue()


def numbered(count: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Frames [count, height, width, 3] whose grey says their number: 20 + 5 · number, for up to 40 frames."""
    greys = np.minimum(20 + 5 * np.arange(count), 235).astype(np.uint8)
    return np.broadcast_to(greys[:, None, None, None], (count, height, width, 3)).copy()


def video(
    kind: str, codec: str, frames: NDArray[np.uint8], *, stamps: list[int] | None = None, **options: Any
) -> bytes:
    """Encode frames at 25 a second, or at `stamps` in milliseconds; options "gop", "rotation" and the encoder's own."""
    target = io.BytesIO()
    gop, rotation = options.pop("gop", 12), options.pop("rotation", 0)
    with av.open(target, "w", format=kind) as container:
        texts = {key: str(value) for key, value in options.items()}
        stream = cast("av.VideoStream", container.add_stream(codec, rate=25, options=texts))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = gop
        if stamps:
            stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = (stamps[number], Fraction(1, 1000)) if stamps else (number, Fraction(1, 25))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def with_cover(mp3: bytes) -> bytes:
    """An MP3 behind an ID3 tag with a picture."""
    picture = encoded(gradient(200, 200), "JPEG")
    body = b"\x00image/jpeg\x00\x03\x00" + picture
    frame = b"APIC" + struct.pack(">I", len(body)) + b"\x00\x00" + body
    size = len(frame)
    return b"ID3\x03\x00\x00" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + frame + mp3


def odd_streams() -> Iterator[Case]:
    yield from _wavs()
    yield from _sounds()
    yield from _videos()
    yield from _broken_videos()


def _wavs() -> Iterator[Case]:
    second = tone()
    floats = {"tag": 3, "bits": 32}
    yield "no-samples.wav", wav(b""), UnreadableMedia, "no sound"
    yield "1-sample.wav", wav(b"\x00\x40"), "audio", ""
    yield "1-hertz.wav", wav(pcm(second), rate=1), LimitExceeded, "1 samples per second"
    yield "10-megahertz.wav", wav(pcm(second), rate=10_000_000), LimitExceeded, "10000000 samples"
    yield "0-hertz.wav", wav(pcm(second), rate=0), (UnreadableMedia), ""
    yield "64-channels.wav", wav(pcm(np.tile(second, 64)), channels=64), LimitExceeded, "64 channels"
    yield "0-channels.wav", wav(pcm(second), channels=0), UnreadableMedia, ""
    yield "6-channels.wav", wav(pcm(np.repeat(second, 6)), channels=6), "audio", ""
    yield "3-channels.wav", wav(pcm(np.repeat(second, 3)), channels=3), "audio", ""
    yield "claims-4-gb.wav", wav(pcm(second), claims=2**32 - 2), "audio", ""
    yield "claims-10-s.wav", wav(pcm(second), claims=320_000), "audio", "promises 320000 bytes"
    some = second.copy()
    some[100:110], some[200] = np.nan, np.inf
    yield "some-nan.wav", wav(some.tobytes(), **floats), "audio", "11 samples"
    yield "only-nan.wav", wav(np.full(16_000, np.nan, np.float32).tobytes(), **floats), UnreadableMedia, "finite"
    yield "too-loud.wav", wav((second * 1000).tobytes(), **floats), "audio", "clipped"
    yield "offset.wav", wav(pcm(second * 0.1 + 0.8)), "audio", ""
    yield "8-bit.wav", wav(bytes(128 + (second * 100).astype(int)), bits=8), "audio", ""
    yield "24-bit.wav", wav(b"".join(struct.pack("<i", int(v * 2**30))[1:] for v in second), bits=24), "audio", ""
    yield "64-bit.wav", wav(second.astype("<f8").tobytes(), tag=3, bits=64), "audio", ""
    yield "unknown-codec.wav", wav(pcm(second), tag=0x7777), UnsupportedMedia, "coded as an unknown way"
    yield "11-minutes.wav", wav(bytes(8000 * 660), rate=8000, bits=8), LimitExceeded, "longer than 600 s"
    yield "half.wav", wav(pcm(second))[:16_000], "audio", "promises 32000 bytes"
    yield "junk-after.wav", wav(pcm(second)) + b"LIST" + b"\xff" * 999, "audio", ""


def _sounds() -> Iterator[Case]:
    stereo = np.stack([tone(3, 48_000), tone(3, 48_000, 660)])
    mp3 = sound("mp3", "libmp3lame", stereo)
    flac, opus = sound("flac", "flac", stereo), sound("ogg", "libopus", stereo)
    aac, m4a = sound("adts", "aac", stereo), sound("ipod", "aac", stereo)
    yield "stereo.mp3", mp3, "audio", ""
    yield "cover-art.mp3", with_cover(mp3), "audio", ""
    yield "only-cover-art.mp3", with_cover(b""), UnreadableMedia, ""
    yield "half.mp3", mp3[: len(mp3) // 2], "audio", ""
    yield "half.flac", flac[: len(flac) // 2], "audio", "promises"
    yield "half.opus", opus[: len(opus) // 2], "audio", ""
    yield "half.m4a", m4a[: len(m4a) // 2], UnreadableMedia, "MP4"
    yield "holes.mp3", mp3[:3000] + b"\x00" * 1500 + mp3[4500:], "audio", ""
    yield "holes.opus", opus[:3000] + b"\x00" * 500 + opus[3500:], "audio", ""
    yield "stream.aac", aac, "audio", ""
    yield "sound.m4a", m4a, "audio", ""
    yield "vorbis.ogg", sound("ogg", "vorbis", stereo), "audio", ""
    yield "surround.flac", sound("flac", "flac", np.stack([tone(0.2, 48_000)] * 6)), "audio", ""
    yield "192-kilohertz.flac", sound("flac", "flac", tone(0.2, 192_000)[None], 192_000), "audio", ""
    silence = np.zeros((1, 48_000), np.float32)
    yield "long-silence.opus", sound("ogg", "libopus", silence, repeat=585), "audio", ""
    yield "11-minutes.flac", sound("flac", "flac", np.zeros((1, 80_000), np.float32), 8000, 66), LimitExceeded, "600 s"
    yield "header-only.flac", flac[:42], UnreadableMedia, ""
    yield "mp3-inside.wav", mp3, "audio", ""
    yield "random.mp3", b"\xff\xfb\x90\x00" + np.random.default_rng(0).bytes(5000), UnreadableMedia, ""


def _videos() -> Iterator[Case]:
    frames = numbered(20)
    fast: dict[str, Any] = {"deadline": "realtime", "cpu-used": 8}
    stamps = [
        0,
        40,
        400,
        440,
        1000,
        1010,
        1900,
        1940,
        2000,
        3000,
        3040,
        3080,
        3120,
        3160,
        4000,
        4040,
        4080,
        4120,
        4160,
        5000,
    ]
    yield "uneven.mp4", video("mp4", "h264", frames, stamps=stamps), "video", ""
    yield "uneven.mkv", video("matroska", "h264", frames, stamps=stamps), "video", ""
    yield "b-frames.avi", video("avi", "mpeg4", frames, bf=2, b="4M"), "video", ""
    yield "b-frames.mov", video("mov", "h264", frames, bf=2), "video", ""
    yield "exotic-codec.avi", video("avi", "asv1", frames), UnsupportedMedia, "asv1"
    yield "vp9.webm", video("webm", "libvpx-vp9", frames, **fast), "video", ""
    yield "turned.mp4", video("mp4", "h264", frames, rotation=90), "video", ""
    yield "1-frame.mp4", video("mp4", "h264", frames[:1]), "video", ""
    yield "2x2.mp4", video("mp4", "h264", numbered(3, 2, 2)), "video", ""
    yield "late.mp4", video("mp4", "h264", frames, stamps=[5000 + stamp for stamp in stamps]), "video", ""
    yield "before-zero.mkv", video("matroska", "h264", frames, stamps=[stamp - 500 for stamp in stamps]), "video", ""
    clip = VideoClip(frames, np.arange(20) / 20, 1.0, AudioClip(tone()))
    yield "with-sound.mp4", encode_video(clip), "video", ""
    yield "mp4-inside.jpg", encode_video(clip), "video", ""
    yield "11-minutes.mkv", video("matroska", "mpeg4", frames[:3], stamps=[0, 1000, 660_000]), LimitExceeded, "660 s"


def _broken_videos() -> Iterator[Case]:
    frames = numbered(40, 160, 120) + np.random.default_rng(2).integers(0, 20, (40, 120, 160, 3), dtype=np.uint8)
    mp4, mkv = video("mp4", "h264", frames, preset="ultrafast"), video("matroska", "h264", frames, preset="ultrafast")
    avi, webm = video("avi", "mpeg4", frames), video("webm", "libvpx", frames, deadline="realtime")
    yield "half.mp4", mp4[: len(mp4) // 2], UnreadableMedia, "MP4"
    yield "half.mkv", mkv[: len(mkv) // 2], "video", "promises"
    yield "half.avi", avi[: len(avi) // 2], "video", "promises"
    yield "half.webm", webm[: len(webm) // 2], "video", "promises"
    yield "start.mkv", mkv[:200], UnreadableMedia, ""
    yield "no-end-of-header.mp4", mp4[:40], UnreadableMedia, ""
    total = avi.index(b"avih") + 8 + 16
    yield "billion-frames.avi", avi[:total] + struct.pack("<I", 10**9) + avi[total + 4 :], "video", ""
    rate = avi.index(b"strh") + 8 + 20
    yield "0-fps.avi", avi[:rate] + bytes(8) + avi[rate + 8 :], "video", ""
    stretched = mp4.index(b"mdhd") + 4 + 12
    yield "0-time-scale.mp4", mp4[:stretched] + bytes(4) + mp4[stretched + 4 :], "video", ""
    yield "sizes-change.avi", _changing(), "video", ""
    yield "no-key-frame.mkv", _without_key(frames), UnreadableMedia, "decoded"
    noise = bytearray(mkv)
    noise[len(mkv) // 3 : len(mkv) // 3 + 300] = np.random.default_rng(1).bytes(300)
    yield "noise-inside.mkv", bytes(noise), "video", ""
    yield (
        "large-frames.avi",
        video("avi", "mjpeg", np.zeros((1, 2400, 4096, 3), np.uint8)),
        LimitExceeded,
        "over 9.5 megapixels",
    )


def _changing() -> bytes:
    """Motion JPEG whose frames have two sizes."""
    target = io.BytesIO()
    with av.open(target, "w", format="avi") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(20):
            size = (64, 48) if number < 10 else (320, 200)
            packet = av.Packet(encoded(gradient(*size), "JPEG"))
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 25)
            packet.is_keyframe = True
            container.mux(packet)
    return target.getvalue()


def _without_key(frames: NDArray[np.uint8]) -> bytes:
    """H.264 in Matroska with every key frame left out."""
    whole = io.BytesIO(video("matroska", "h264", frames, preset="ultrafast"))
    target = io.BytesIO()
    with av.open(whole, "r") as source, av.open(target, "w", format="matroska") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None and not packet.is_keyframe:
                packet.stream = stream
                container.mux(packet)
    return target.getvalue()


def playlists() -> Iterator[Case]:
    canary = "file:///etc/passwd"
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{canary}\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    yield "hls.mp4", hls.encode(), UnsupportedMedia, "playlist"
    yield "concat.mp4", f"ffconcat version 1.0\nfile '{canary}'\n".encode(), UnsupportedMedia, "concat"
    yield "session.sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", "document", ""
