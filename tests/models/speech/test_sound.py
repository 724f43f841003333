"""A stream of pieces is one sound, and forgets what is behind."""

import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.errors import UnreadableMedia
from sensorium.media.types import AudioClip
from sensorium.models.speech.sound import Sound, SoundStream


def clip(samples: int, start: int = 0) -> AudioClip:
    return AudioClip(np.arange(start, start + samples, dtype=np.float32))


@given(
    lengths=st.lists(st.integers(0, 9), min_size=1).filter(any),
    moves=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12)), max_size=12),
)
def test_pieces_are_one_sound(lengths: list[int], moves: list[tuple[int, int]]) -> None:
    total = sum(lengths)
    whole = np.arange(total, dtype=np.float32)
    starts = np.cumsum([0, *lengths])
    stream = SoundStream(clip(length, int(start)) for length, start in zip(lengths, starts, strict=False))
    place = 0
    for count, move in moves:
        assert stream.look(count).tolist() == whole[place : place + count].tolist()
        step = min(move, count)
        stream.skip(step)
        place = min(place + step, total)
        assert stream.place == place


def test_what_is_behind_is_forgotten_and_what_is_far_ahead_not_read() -> None:
    kept: list[weakref.ref[np.ndarray]] = []

    def pieces() -> Iterator[AudioClip]:
        for _ in range(100):
            samples = np.zeros(1000, np.float32)
            kept.append(weakref.ref(samples))
            yield AudioClip(samples)
            del samples

    stream = SoundStream(pieces())
    for _ in range(20):
        stream.look(2500)
        stream.skip(2500)
    assert len(kept) <= 51
    assert sum(each() is not None for each in kept) <= 4


def test_seconds_in_all_where_they_are_known() -> None:
    assert SoundStream(clip(8000)).seconds_in_all == 0.5
    assert SoundStream([clip(8000), clip(8000)]).seconds_in_all == 1.0
    assert SoundStream(iter([clip(8000)])).seconds_in_all is None


def test_no_sound_and_no_numbers() -> None:
    nothings: tuple[Sound, ...] = (clip(0), [], iter([clip(0), clip(0)]))
    for nothing in nothings:
        with pytest.raises(UnreadableMedia, match=r"sound: got no samples; expected some\. Give a file that has sound"):
            SoundStream(nothing).look(5)
    with pytest.raises(UnreadableMedia, match=r"mic: got samples \[2\], some perhaps not finite"):
        SoundStream([clip(3), AudioClip(np.array([0, np.inf], np.float32), "mic")]).look(5)
