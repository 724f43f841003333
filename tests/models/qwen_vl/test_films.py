"""Which frames are seen and at what size, against the reference where it runs; times of pairs."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sensorium.core.errors import LimitExceeded
from sensorium.models.qwen_vl.films import FilmSpec, choose_frames, film_size, pair_times

TWO = FilmSpec(100, 10_000, whole=False, multiple=2)
THREE = FilmSpec(4096, 200_000, whole=True)


def even(frames: int, seconds: float) -> NDArray[np.float64]:
    return np.arange(frames, dtype=np.float64) * (seconds / frames)


@pytest.mark.parametrize(
    ("frames", "seconds", "two", "three"),
    [
        (1, 0.04, [0], [0]),
        (2, 1.0, [0, 1], [0, 1]),
        (3, 0.1, [0, 2], [0, 1, 2]),
        (16, 1.0, [0, 5, 10, 15], [0, 5, 10, 15]),
        (16, 3.5, [0, 3, 6, 9, 12, 15], [0, 2, 5, 8, 10, 12, 15]),
        (16, 60.0, list(range(16)), list(range(16))),
    ],
)
def test_frames_are_spread_over_the_film(frames: int, seconds: float, two: list[int], three: list[int]) -> None:
    assert choose_frames(even(frames, seconds), seconds, TWO) == two
    assert choose_frames(even(frames, seconds), seconds, THREE) == three


def test_frames_are_spread_in_time_where_they_come_unevenly() -> None:
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 2.0, 3.0])
    assert choose_frames(times, 1.0, FilmSpec(1, 1, whole=True, least=4)) == [0, 4, 5, 6]
    assert choose_frames(np.array([0.0, 0.01, 0.02, 3.0]), 1.0, THREE) == [0, 2, 3]


def test_no_more_frames_than_allowed() -> None:
    assert len(choose_frames(even(100, 100.0), 100.0, FilmSpec(1, 1, whole=True, most=7))) == 7
    assert len(choose_frames(even(100, 100.0), 100.0, FilmSpec(1, 1, whole=False, most=7, multiple=2))) == 6


def test_sizes_and_frames_are_those_of_the_reference() -> None:
    pytest.importorskip("transformers")
    from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor, smart_resize
    from transformers.video_utils import VideoMetadata

    draw = np.random.default_rng(0)
    for _ in range(1000):
        frames, height, width = (int(draw.integers(low, high)) for low, high in ((2, 30), (1, 900), (1, 900)))
        try:
            expected = smart_resize(frames, height, width, 2, 32, THREE.min_pixels, THREE.max_pixels)
        except ValueError:
            with pytest.raises(LimitExceeded):
                film_size(frames, height, width, factor=32, tubelet=2, spec=THREE, source="x")
        else:
            assert film_size(frames, height, width, factor=32, tubelet=2, spec=THREE, source="x") == expected
    sampler = Qwen3VLVideoProcessor()
    for total in range(4, 60):
        metadata = VideoMetadata(total_num_frames=total, fps=7.5)
        assert choose_frames(even(total, total / 7.5), total / 7.5, THREE) == sampler.sample_frames(metadata).tolist()


def test_bounds_hold_for_each_frame_or_for_the_whole_film() -> None:
    assert film_size(8, 300, 300, factor=10, tubelet=2, spec=TWO, source="x") == (100, 100)
    tall, wide = film_size(8, 300, 300, factor=10, tubelet=2, spec=THREE, source="x")
    assert 8 * tall * wide <= THREE.max_pixels < 8 * (tall + 10) * (wide + 10)


@pytest.mark.parametrize("spec", [TWO, THREE])
def test_very_long_frames_are_refused(spec: FilmSpec) -> None:
    with pytest.raises(LimitExceeded, match="longer than 200:1"):
        film_size(4, 40, 40 * 201, factor=32, tubelet=2, spec=spec, source="x")


def test_a_pair_is_shown_midway_between_its_frames() -> None:
    assert pair_times([0.0, 1.0, 2.0, 5.0], 2) == [0.5, 3.5]
    assert pair_times([0.0, 1.0, 2.0], 2) == [0.5, 2.0]
