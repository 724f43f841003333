"""Which frames are chosen."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.media.frames import Track, make_plan
from sensorium.media.limits import Limits

MILLISECONDS = Fraction(1, 1000)


def track(times: list[int], keys: list[int]) -> Track:
    return Track(times, keys, times[-1] + 40, MILLISECONDS)


def test_few_frames_are_all_taken() -> None:
    plan = make_plan(track([0, 40, 900], [0]), 100, Limits())
    assert plan.runs == ((None, [0, 40, 900]),)


def test_frames_are_even_in_time_not_in_number() -> None:
    dense = [*range(0, 1000, 10), 2000, 3000]
    plan = make_plan(track(dense, [0]), 100, Limits(frames=4))
    assert plan.runs == ((None, [0, 990, 2000, 3000]),)


def test_too_much_work_starts_at_key_frames() -> None:
    times = list(range(0, 4000, 40))
    plan = make_plan(track(times, [0, 2000]), 100, Limits(frames=5, video_work=100 * 60))
    assert plan.runs == ((0, [0, 960]), (2000, [2000, 2960]))  # 1960 and 3960 cost more than 30 frames each
    assert (plan.count, plan.wanted) == (4, 5)


def test_without_key_frames_it_starts_at_the_beginning() -> None:
    times = list(range(0, 4000, 40))
    assert make_plan(track(times, []), 100, Limits(frames=2, video_work=100)).runs == ((None, [0, 3960]),)


@given(
    times=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=200, unique=True).map(sorted),
    keys=st.sets(st.integers(0, 199), max_size=20),
    frames=st.integers(1, 40),
    work=st.integers(1, 10**4),
)
def test_every_plan_is_sound(times: list[int], keys: set[int], frames: int, work: int) -> None:
    key_times = sorted(times[key] for key in keys if key < len(times))
    plan = make_plan(track(times, key_times), 100, Limits(frames=frames, video_work=work))
    chosen = [target for _, targets in plan.runs for target in targets]
    assert set(chosen) <= set(times)
    assert 1 <= len(chosen) <= frames
    assert chosen == sorted(set(chosen))
    assert times[0] in chosen or plan.runs[0][0] is not None
    if len(times) * 100 <= work or not key_times:
        assert {times[0], times[-1]} <= set(chosen) | ({times[-1]} if frames == 1 else set())


def test_seconds_count_from_the_first_frame() -> None:
    assert track([500, 540], [500]).seconds(540) == pytest.approx(0.04)
