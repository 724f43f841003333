"""A stream of pieces is one sound, and forgets what is behind."""

import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.odd_streams import tone, wav

from sensorium.core.errors import UnreadableMedia
from sensorium.media.recording import Recording, open_recording
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
    stream = SoundStream(iter([clip(8000)]))
    assert stream.seconds_in_all is None
    stream.look(8000)
    assert stream.seconds_in_all is None
    stream.look(8001)
    assert stream.seconds_in_all == 0.5


def a_file(seconds: float | None) -> Recording:
    """Of two seconds, which says that it has so many, and that it is loud."""
    whole = open_recording(wav((tone(2.0) * 6).tobytes(), tag=3, bits=32), name="s")
    return replace(whole, seconds=seconds)


@pytest.mark.parametrize(
    ("told", "first", "then"), [(2.0, 2.0, 2.0), (None, None, None), (9.0, 9.0, 9.0), (1.1, 1.1, None)]
)
def test_a_file_s_own_word_counts_until_it_is_seen_to_be_wrong(
    told: float | None, first: float | None, then: float | None
) -> None:
    stream = SoundStream(a_file(told))
    assert stream.seconds_in_all == first
    stream.look(32_000)
    assert stream.seconds_in_all == then
    stream.look(99_999)
    assert stream.seconds_in_all == 2.0


def test_notices_of_pieces_are_kept() -> None:
    stream = SoundStream(a_file(2.0))
    stream.look(32_000)
    before = stream.notices
    stream.look(32_001)
    assert (before, stream.notices) == ((), ("s: 3 times louder than full scale; it was clipped.",))
    clips = SoundStream([AudioClip(np.zeros(5, np.float32), notices=("one",)), clip(5)])
    clips.look(10)
    assert clips.notices == ("one",)


def test_what_is_closed_reads_no_more() -> None:
    read: list[int] = []

    def pieces() -> Iterator[AudioClip]:
        try:
            for number in range(9):
                read.append(number)
                yield clip(10)
        finally:
            read.append(-1)

    stream = SoundStream(pieces())
    stream.look(15)
    stream.close()
    assert read == [0, 1, -1]
    assert len(stream.look(99)) == 20
    SoundStream(clip(3)).close()


def test_no_sound_and_no_numbers() -> None:
    nothings: tuple[Sound, ...] = (clip(0), [], iter([clip(0), clip(0)]))
    for nothing in nothings:
        with pytest.raises(UnreadableMedia, match=r"sound: got no samples; expected some\. Give a file that has sound"):
            SoundStream(nothing).look(5)
    with pytest.raises(UnreadableMedia, match=r"mic: got samples \[2\], some perhaps not finite"):
        SoundStream([clip(3), AudioClip(np.array([0, np.inf], np.float32), "mic")]).look(5)
