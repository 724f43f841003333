"""Videos: frames, exact times, sound."""

import struct
from typing import Any

import numpy as np
import pytest
from tests.odd_pictures import encoded, gradient
from tests.odd_streams import numbered, tone, video

from sensorium.core.errors import LimitExceeded, UnreadableMedia, UnsupportedMedia, UsageError
from sensorium.media.encode import encode_audio, encode_video
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip, VideoClip, Window

UNEVEN = [
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
CONTAINERS = [
    ("mp4", "h264", {"bf": 2}),
    ("mov", "h264", {"bf": 0}),
    ("matroska", "h264", {"bf": 3}),
    ("avi", "mpeg4", {"b": "4M"}),
    ("avi", "mpeg4", {"bf": 2, "b": "4M"}),
    ("webm", "libvpx", {"deadline": "realtime"}),
    ("mp4", "mpeg4", {"bf": 1, "b": "4M"}),
]


def read(data: bytes, **limits: Any) -> VideoClip:
    clip = load_media(data, limits=Limits(**limits), name="v")
    assert isinstance(clip, VideoClip)
    return clip


def numbers(clip: VideoClip) -> list[int]:
    """Which frame of `numbered` each frame is."""
    return [round((grey - 19.5) / 5) for grey in clip.frames.mean((1, 2, 3))]


@pytest.mark.parametrize(("kind", "codec", "options"), CONTAINERS)
def test_each_frame_has_its_own_time(kind: str, codec: str, options: dict[str, Any]) -> None:
    clip = read(video(kind, codec, numbered(30), **options))
    assert len(clip.frames) == 16
    assert clip.times == pytest.approx(np.array(numbers(clip)) * 0.04, abs=0.0011)
    assert numbers(clip)[0] == 0
    assert numbers(clip)[-1] == 29
    assert clip.seconds == pytest.approx(1.2, abs=0.0011)
    assert clip.notices == ()


@pytest.mark.parametrize(("kind", "codec", "options"), CONTAINERS)
def test_where_decoding_everything_costs_too_much(kind: str, codec: str, options: dict[str, Any]) -> None:
    data = video(kind, codec, numbered(40), gop=10, **{"sc_threshold": 0 if codec == "h264" else 10**9, **options})
    clip = read(data, video_work=30 * 10_000)
    assert clip.times == pytest.approx(np.array(numbers(clip)) * 0.04, abs=0.0011)
    assert len(clip.frames) >= 8
    if kind != "avi":  # there a key frame behind B-frames is listed at its decoding time
        assert {0, 10, 20, 30} <= set(numbers(clip))
    assert "key frames" in clip.notices[0]


@pytest.mark.parametrize("kind", ["mp4", "matroska"])
def test_uneven_frame_times(kind: str) -> None:
    clip = read(video(kind, "h264", numbered(20), stamps=UNEVEN))
    assert clip.times == pytest.approx([UNEVEN[number] / 1000 for number in numbers(clip)])
    moments = np.linspace(0, 5, 16)
    shown = sorted({np.searchsorted(np.array(UNEVEN) / 1000, moment + 1e-9, "right") - 1 for moment in moments})
    assert numbers(clip) == shown


@pytest.mark.parametrize("frames", [1, 2, 5, 16])
def test_a_short_video_gives_every_frame(frames: int) -> None:
    assert numbers(read(video("mp4", "h264", numbered(frames)))) == list(range(frames))


def test_one_frame_is_the_first() -> None:
    assert numbers(read(video("mp4", "h264", numbered(20)), frames=1)) == [0]


def test_a_late_start_does_not_shift_the_times() -> None:
    clip = read(video("matroska", "h264", numbered(5), stamps=[7000, 7100, 7200, 7300, 7400]))
    assert clip.times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_frames_are_scaled_down() -> None:
    clip = read(video("mp4", "h264", numbered(2, 200, 100)), frame_side=50)
    assert clip.frames.shape == (2, 25, 50, 3)


def test_rotation_as_a_phone_writes_it() -> None:
    """A display matrix that turns the stored picture a quarter clockwise: its left side is shown on top."""
    frames = np.zeros((3, 48, 64, 3), np.uint8)
    frames[:, :, :32] = 255
    data = video("mp4", "h264", frames)
    place = data.index(b"tkhd") + 4 + 40
    assert struct.unpack(">9i", data[place : place + 36])[0] == 65536
    turn = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 48 * 65536, 0, 2**30)
    clip = read(data[:place] + turn + data[place + 36 :])
    assert clip.frames.shape == (3, 64, 48, 3)
    assert clip.frames[0, :20].mean() > 240
    assert clip.frames[0, -20:].mean() < 15


def test_colours() -> None:
    frames = np.zeros((2, 48, 64, 3), np.uint8)
    frames[..., 0] = 200
    for kind, codec in (("mp4", "h264"), ("avi", "mjpeg"), ("webm", "libvpx")):
        assert read(video(kind, codec, frames)).frames.mean((0, 1, 2)) == pytest.approx([200, 0, 0], abs=6)


def test_moving_pictures_with_transparency_are_on_white() -> None:
    from PIL import Image

    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    moves: dict[str, Any] = {"save_all": True, "append_images": [Image.new("RGBA", (8, 8), (0, 0, 255, 255))]}
    for kind in ("PNG", "WEBP", "GIF"):
        options = {"disposal": 2} if kind == "GIF" else {}
        clip = read(encoded(clear, kind, duration=100, **moves, **options))
        assert clip.frames[0].min() > 250
        assert clip.frames[1].mean((0, 1)) == pytest.approx([0, 0, 255], abs=8)
        assert clip.times.tolist() == [0, 0.1]


def test_the_sound_track_is_on_the_clock_of_the_frames() -> None:
    click = np.zeros(16_000, np.float32)
    click[8000:8100] = 0.9
    clip = read(encode_video(VideoClip(numbered(10), np.arange(10) / 10, 1.0, AudioClip(click))))
    assert clip.sound is not None
    assert np.argmax(clip.sound.samples) / 16_000 == pytest.approx(0.503, abs=0.005)


def test_a_refused_sound_track_costs_only_the_sound() -> None:
    data = encode_video(VideoClip(numbered(10), np.arange(10) / 10, 1.0, AudioClip(tone(2))))
    clip = read(data, audio_seconds=1.0)
    assert clip.sound is None
    assert "The sound track was left out. v: longer than 1 s of sound" in clip.notices[0]


def test_the_sound_alone_needs_no_readable_pictures() -> None:
    data = encode_video(VideoClip(numbered(10), np.arange(10) / 10, 1.0, AudioClip(tone())))
    clip = load_media(data.replace(b"avc1", b"????"), want="audio")
    assert isinstance(clip, AudioClip)
    assert clip.seconds == pytest.approx(1, abs=0.1)


def test_a_sound_shorter_than_the_video_is_no_damage() -> None:
    data = encode_video(VideoClip(numbered(10), np.arange(10) / 2, 5.0, AudioClip(tone())))
    assert read(data).notices == ()


def test_parts_of_a_video() -> None:
    data = encode_video(VideoClip(numbered(10), np.arange(10) / 10, 1.0, AudioClip(tone())))
    image, audio = load_media(data, want="image", name="v"), load_media(data, want="audio", name="v")
    assert image.modality == "image"
    assert image.notices == ("v: only its first frame is used.",)
    assert audio.modality == "audio"


def test_a_gif_takes_its_times_from_its_delays() -> None:
    frames = [gradient(20, 20).rotate(90 * turn) for turn in range(4)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[100, 500, 30, 1000])
    clip = read(data)
    assert clip.times == pytest.approx([0, 0.1, 0.6, 0.63])
    assert clip.seconds == pytest.approx(1.63)


@pytest.mark.parametrize("limit", [{"video_seconds": 1.0}, {"packets": 20}, {"frame_pixels": 3000}])
def test_limits(limit: dict[str, Any]) -> None:
    with pytest.raises(LimitExceeded, match=r"v: .*(s long|frames|packets)"):
        read(video("mp4", "h264", numbered(30)), **limit)


def test_references_to_other_files_are_not_followed(tmp_path: Any) -> None:
    """A movie whose data reference names another file; the canary stays unread and the movie is refused."""
    data = video("mov", "mpeg4", numbered(3))
    place = data.index(b"url \x00\x00\x00\x01")
    outside = data[: place + 4] + b"\x00\x00\x00\x00" + data[place + 8 :]
    clip = load_media(outside)
    assert clip.modality == "video"


def part(start: float, stop: float | None = None, rate: float | None = None, **limits: Any) -> VideoClip:
    """Of a film of 40 frames, 25 a second."""
    data = video("mp4", "h264", numbered(40), bf=2)
    clip = load_media(data, limits=Limits(**limits), name="v", window=Window(start, stop, rate))
    assert isinstance(clip, VideoClip)
    np.testing.assert_allclose(clip.times, np.array(numbers(clip)) / 25, atol=1e-6)
    assert clip.seconds == pytest.approx(1.6)
    return clip


def test_a_part_of_a_film_keeps_the_times_of_the_whole() -> None:
    assert numbers(part(0.4, 0.6)) == [10, 11, 12, 13, 14]
    assert numbers(part(0.41, 0.42)) == [10]  # on show when the part begins
    assert numbers(part(1.5)) == [37, 38, 39]
    assert numbers(part(0.4, 1.4, frames=3)) == [10, 22, 34]


def test_frames_of_a_part_at_a_rate() -> None:
    assert numbers(part(0.4, 1.2, 5)) == [10, 15, 20, 25]
    assert numbers(part(0.0, None, 2.5)) == [0, 10, 20, 30]
    assert numbers(part(1.0, 1.1, 1000)) == [25, 26, 27]
    assert numbers(part(0.0, 0.2, 0.1)) == [0]


def test_the_sound_of_a_part() -> None:
    clip = VideoClip(numbered(25), np.arange(25) / 25, 1.0, AudioClip(tone(1.0)))
    found = load_media(encode_video(clip), window=Window(0.25, 0.75))
    assert isinstance(found, VideoClip)
    assert found.sound is not None
    assert found.sound.seconds == pytest.approx(0.5, abs=0.01)


def test_parts_that_there_are_not() -> None:
    with pytest.raises(UnreadableMedia, match=r"v: 1\.6 s long, and wanted from 5 s on"):
        part(5.0)
    for data in (encoded(gradient(20, 20), "PNG"), encode_audio(AudioClip(tone()))):
        with pytest.raises(UnsupportedMedia, match="of which no part can be taken"):
            load_media(data, window=Window(0.1))
    for values in ((1.0, 1.0), (-1.0,), (0.0, None, 0.0), (float("nan"),)):
        with pytest.raises(UsageError, match="window: "):
            Window(*values)
