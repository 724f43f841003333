"""Pieces together are what `load_media` gives, from memory and from disk; limits, ends and closed files."""

import base64
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from tests.odd_pictures import encoded, gradient
from tests.odd_streams import odd_streams, pcm, sound, tone, wav

from sensorium.core.errors import InputError, LimitExceeded, UnreadableMedia, UnsupportedMedia
from sensorium.media.encode import encode_video
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.recording import open_recording
from sensorium.media.types import AudioClip, VideoClip

STEREO = np.stack([tone(3, 48_000), tone(3, 48_000, 660)])


def whole(source: Path | bytes) -> AudioClip:
    """What the pieces of a file are together."""
    pieces = list(open_recording(source, name="s"))
    starts = np.cumsum([0, *(len(piece.samples) for piece in pieces)])
    assert [piece.start for piece in pieces] == starts[:-1].tolist()
    assert all(len(piece.samples) <= 16_000 and piece.source == "s" for piece in pieces)
    notices = tuple(notice for piece in pieces for notice in piece.notices)
    return AudioClip(np.concatenate([piece.samples for piece in pieces]), "s", notices)


def in_both_places(folder: Path, data: bytes) -> list[Path | bytes]:
    """On disk and in memory."""
    path = folder / "sound"
    path.write_bytes(data)
    return [path, data]


def load_sound(source: Path | bytes) -> AudioClip:
    clip = load_media(source, want="audio", name="s")
    assert isinstance(clip, AudioClip)
    return clip


def outcome(read: Callable[[Path | bytes], AudioClip], source: Path | bytes) -> AudioClip | type[InputError]:
    """What is read, or the class of the error."""
    try:
        return read(source)
    except InputError as error:
        return type(error)


def same(got: AudioClip, expected: object) -> bool:
    return (
        isinstance(expected, AudioClip)
        and np.array_equal(got.samples, expected.samples)
        and got.samples.dtype == np.float32
        and got.notices == expected.notices
    )


@pytest.mark.parametrize(
    ("kind", "codec", "seconds"),
    [
        ("wav", "pcm_s16le", 3.0),
        ("mp3", "libmp3lame", 3.02),
        ("flac", "flac", 3.0),
        ("ogg", "libopus", 3.0),
        ("ogg", "vorbis", 3.0),
        ("adts", "aac", 3.07),
        ("ipod", "aac", 3.0),
        ("matroska", "flac", 3.0),
    ],
)
def test_every_coding(tmp_path: Path, kind: str, codec: str, seconds: float) -> None:
    data = sound(kind, codec, STEREO)
    for source in in_both_places(tmp_path, data):
        assert same(whole(source), load_media(data, name="s"))
        assert open_recording(source).seconds == pytest.approx(seconds, abs=0.03)


def test_the_sound_of_a_film(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (20, 64, 64, 3), np.uint8)
    data = encode_video(VideoClip(frames, np.arange(20) / 10, 2.0, AudioClip(tone(2.0))))
    for source in in_both_places(tmp_path, data):
        assert same(whole(source), load_media(data, want="audio", name="s"))


def test_odd_files_give_the_same_samples_notices_and_errors(tmp_path: Path) -> None:
    wrong, taken = [], 0
    for name, data, *_ in takewhile(lambda case: not case[0].endswith(".mp4"), odd_streams()):
        if name in ("long-silence.opus", "11-minutes.wav", "11-minutes.flac"):  # slow, and nothing of their own
            continue
        for source in in_both_places(tmp_path, data):
            expected, got = (outcome(read, source) for read in (load_sound, whole))
            taken += isinstance(got, AudioClip)
            if got is not expected and not (isinstance(got, AudioClip) and same(got, expected)):
                wrong.append((name, expected, got))
    assert wrong == []
    assert taken > 40


def test_bytes_and_data_uris_have_pieces_too() -> None:
    data = wav(pcm(tone(1.5)))
    uri = "data:audio/wav;base64," + base64.b64encode(data).decode()
    for source, name in ((data, "bytes"), (bytearray(data), "bytes"), (uri, "data URI")):
        found = open_recording(source)
        assert (found.name, found.seconds) == (name, 1.5)
        assert [len(piece.samples) for piece in found] == [16_000, 8_000]
    assert open_recording(data, name="talk").name == "talk"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs a list of open files")
def test_a_file_is_open_from_the_first_piece_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "s.wav"
    path.write_bytes(wav(pcm(tone(9))))
    before = open_files()
    found = open_recording(path)
    pieces = iter(found)
    assert open_files() == before
    first = next(pieces)
    assert open_files() == before + 1
    pieces.close()
    assert open_files() == before
    again = list(found)
    assert open_files() == before
    assert np.array_equal(again[0].samples, first.samples)
    assert len(again) == 9


def test_a_length_that_the_header_states_is_refused_at_once() -> None:
    limits = Limits(audio_seconds=2.0)
    assert len(list(open_recording(wav(pcm(tone(2))), limits=limits))) == 2
    with pytest.raises(LimitExceeded, match=r"bytes: longer than 2 s of sound, the most that is read\. Cut it"):
        open_recording(wav(pcm(tone(2.1))), limits=limits)
    with pytest.raises(LimitExceeded, match="longer than 1 h of sound"):
        open_recording(wav(bytes(3_601_000), rate=1000, bits=8), limits=Limits(audio_seconds=3600.0))


def test_a_length_that_no_header_states_is_refused_where_it_is_met() -> None:
    pieces = iter(open_recording(sound("mp3", "libmp3lame", STEREO), limits=Limits(audio_seconds=2.5)))
    assert [next(pieces).start, next(pieces).start] == [0, 16_000]
    with pytest.raises(LimitExceeded, match=r"longer than 2\.5 s"):
        next(pieces)


def test_large_files_are_bounded_too(tmp_path: Path) -> None:
    path = tmp_path / "s.wav"
    path.write_bytes(wav(pcm(tone(1))))
    with pytest.raises(LimitExceeded, match=r"s\.wav: .* MiB are read"):
        open_recording(path, limits=Limits(file_bytes=10_000))
    assert len(list(open_recording(path, limits=Limits(file_bytes=40_000)))) == 1


def test_damage_on_disk_is_told_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "cut.m4a"
    path.write_bytes(sound("ipod", "aac", STEREO)[:-2000])
    with pytest.raises(UnreadableMedia, match=r"cut\.m4a: damaged or incomplete MP4/MOV \(invalid data .*\); expected"):
        open_recording(path)


def test_files_that_tell_no_size_are_bounded() -> None:
    if not Path("/proc/self/maps").exists():
        pytest.skip("needs a file that states no size")
    with pytest.raises(UnsupportedMedia, match=r"maps: text; expected a sound"):
        open_recording("/proc/self/maps", limits=Limits(file_bytes=2**40))


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(UnreadableMedia, match=r"empty\.wav: empty \(0 bytes\)"):
        open_recording(tmp_path / "empty.wav", limits=Limits(file_bytes=2**40))


def test_what_has_no_sound(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match=r"bytes: PNG; expected a sound or a film\. Give a recording"):
        open_recording(encoded(gradient()))
    with pytest.raises(UnsupportedMedia, match=r"bytes: AMR; expected a sound or a film\. Convert it to WAV"):
        open_recording(b"#!AMR\n" + bytes(99))
    with pytest.raises(UnreadableMedia, match=r"no sound in it; expected a recording\."):
        open_recording(encoded(gradient(), "GIF", save_all=True, append_images=[gradient().rotate(90)]))
    with pytest.raises(UnreadableMedia, match="no such file"):
        open_recording(tmp_path / "nowhere.wav")
    with pytest.raises(UnsupportedMedia, match="nothing is fetched"):
        open_recording("https://example.org/a.mp3")
