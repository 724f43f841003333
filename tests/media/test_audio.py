"""Sounds to 16 kHz mono."""

import numpy as np
import pytest
from tests.odd_streams import pcm, sound, tone, wav

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip


def read(data: bytes, limits: Limits | None = None) -> AudioClip:
    clip = load_media(data, limits=limits, name="s")
    assert isinstance(clip, AudioClip)
    return clip


def pitch(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16_000 / len(samples))


def test_samples_of_the_right_rate_are_exact() -> None:
    clip = read(wav(pcm(tone())))
    assert clip.samples.dtype == np.float32
    assert np.abs(clip.samples - tone()).max() < 1e-4


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_any_rate_keeps_pitch_and_length(rate: int) -> None:
    clip = read(wav(pcm(tone(1, rate)), rate=rate))
    assert clip.seconds == pytest.approx(1, abs=0.002)
    assert pitch(clip.samples) == pytest.approx(440, abs=1.1)
    assert np.abs(clip.samples).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("mp3", "libmp3lame"), ("flac", "flac"), ("ogg", "libopus"), ("ogg", "vorbis"), ("adts", "aac"), ("ipod", "aac")],
)
def test_every_coding(kind: str, codec: str) -> None:
    options = np.stack([tone(1, 48_000)] * 2)
    clip = read(sound(kind, codec, options))
    assert clip.seconds == pytest.approx(1, abs=0.08)
    assert pitch(clip.samples) == pytest.approx(440, abs=2)


def test_channels_are_averaged() -> None:
    left_only = np.stack([tone(), np.zeros(16_000, np.float32)], axis=1)
    assert np.abs(read(wav(pcm(left_only), channels=2)).samples).max() == pytest.approx(0.25, abs=0.001)


@pytest.mark.parametrize("channels", [2, 3, 4, 5, 6, 7, 8])
def test_up_to_eight_channels(channels: int) -> None:
    clip = read(wav(pcm(np.repeat(tone(0.1), channels)), channels=channels))
    assert np.abs(clip.samples - tone(0.1)).max() < 1e-3


def test_nine_channels() -> None:
    with pytest.raises(LimitExceeded, match="9 channels; at most 8"):
        read(wav(pcm(np.repeat(tone(0.1), 9)), channels=9))


def test_longer_than_the_limit_is_an_error_not_a_cut() -> None:
    limits = Limits(audio_seconds=0.5)
    assert read(wav(pcm(tone(0.5))), limits).seconds == 0.5
    with pytest.raises(LimitExceeded, match=r"longer than 0\.5 s"):
        read(wav(pcm(tone(0.51))), limits)


def test_values_that_are_not_numbers_become_silence() -> None:
    samples = tone()
    samples[5:8] = [np.nan, np.inf, -np.inf]
    clip = read(wav(samples.tobytes(), tag=3, bits=32))
    assert clip.samples[5:8].tolist() == [0, 0, 0]
    assert clip.notices == ("s: 3 samples were not numbers and became silence.",)


def test_only_values_that_are_not_numbers() -> None:
    with pytest.raises(UnreadableMedia, match="no sample is a finite number"):
        read(wav(np.full(100, np.nan, np.float32).tobytes(), tag=3, bits=32))


def test_a_header_that_promises_more() -> None:
    clip = read(wav(pcm(tone()), claims=10**6))
    assert clip.seconds == 1
    assert clip.notices == ("s: its header promises 1000000 bytes of sound, but 32000 are there; it may be cut short.",)


def test_a_header_written_before_the_length_was_known() -> None:
    assert read(wav(pcm(tone()), claims=2**32 - 1)).notices == ()


def test_a_change_of_rate_on_the_way() -> None:
    first, second = (
        sound("mp3", "libmp3lame", tone(1, 48_000)[None]),
        sound("mp3", "libmp3lame", tone(1, 32_000)[None], 32_000),
    )
    clip = read(first + second)
    assert clip.seconds == pytest.approx(2, abs=0.2)
    assert pitch(clip.samples[-8000:-1000]) == pytest.approx(440, abs=5)
