"""Positions by hand: text, pictures, films by steps or by seconds; grids and placeholders that do not agree."""

import numpy as np
import pytest
import torch

from sensorium.core.errors import SpanMismatch
from sensorium.encoders.vision_qwen import Cut
from sensorium.inputs.batching import Item
from sensorium.models.qwen_vl.positions import Grid, grids, place

ROW = 9
CUT = Cut(patch=2, tubelet=2, fold=2)


def told(ids: list[int], *media: Grid) -> list[list[int]]:
    return place(ids, media, frozenset({ROW})).T.tolist()


def test_text_alone() -> None:
    assert told([1, 2, 3]) == [[0, 1, 2]] * 3
    assert told([]) == [[], [], []]


def test_a_picture_among_words() -> None:
    assert told([1, 2, *[ROW] * 6, 3, 4], Grid(1, 2, 3)) == [
        [0, 1, 2, 2, 2, 2, 2, 2, 5, 6],
        [0, 1, 2, 2, 2, 3, 3, 3, 5, 6],
        [0, 1, 2, 3, 4, 2, 3, 4, 5, 6],
    ]


def test_a_film_whose_time_goes_further_than_its_rows() -> None:
    """The example in the documentation of the model's authors: what follows begins behind the last pair's time."""
    time, rows, columns = told([*[ROW] * 12, *[1] * 5], Grid(3, 2, 2, step=50.0))
    assert time == [*[0] * 4, *[50] * 4, *[100] * 4, 101, 102, 103, 104, 105]
    assert rows == [*[0, 0, 1, 1] * 3, 101, 102, 103, 104, 105]
    assert columns == [*[0, 1, 0, 1] * 3, 101, 102, 103, 104, 105]


def test_media_side_by_side_and_at_the_end() -> None:
    assert told([ROW, ROW, ROW, 1, ROW], Grid(1, 1, 2), Grid(1, 1, 1), Grid(1, 1, 1))[2] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("ids", "media", "message"),
    [
        ([1, ROW, 2, ROW], [Grid(1, 1, 2)], r"grid of 1x1x2 rows does not find 2 placeholders together after token 1"),
        ([1, ROW], [Grid(1, 1, 2)], "does not find 2 placeholders"),
        ([1], [Grid(1, 1, 1)], "does not find 1 placeholders"),
        ([ROW, 1, ROW], [Grid(1, 1, 1)], r"placeholders after token 1, but no medium is left.*same talk"),
    ],
)
def test_what_does_not_agree(ids: list[int], media: list[Grid], message: str) -> None:
    with pytest.raises(SpanMismatch, match=message):
        told(ids, *media)


def film(frames: int, spacing: float) -> Item:
    times = (np.arange(frames) * spacing).astype(np.float32)
    return Item("video", np.zeros((frames, 3, 8, 12), np.float32), 0, times=times)


PICTURE = Item("image", np.zeros((1, 3, 4, 8), np.float32), 0)


@pytest.mark.parametrize(
    ("ticks", "stamped", "expected"),
    [
        (None, False, [Grid(2, 2, 3), Grid(1, 1, 2)]),
        (2.0, False, [Grid(2, 2, 3, step=3.0), Grid(1, 1, 2)]),
        (None, True, [Grid(1, 2, 3), Grid(1, 2, 3), Grid(1, 1, 2)]),
    ],
)
def test_grids_of_media(ticks: float | None, stamped: bool, expected: list[Grid]) -> None:
    assert list(grids([film(4, 0.75), PICTURE], CUT, ticks=ticks, stamped=stamped)) == expected


def test_a_film_of_one_frame_has_one_time() -> None:
    assert list(grids([film(1, 0.0)], CUT, ticks=2.0, stamped=False)) == [Grid(1, 2, 3)]


def test_times_between_steps_are_cut_off_at_the_end_not_at_each_pair() -> None:
    assert Grid(5, 1, 1, step=1.5).positions(10)[:, 0].tolist() == [10, 11, 13, 14, 16]
    assert Grid(1, 1, 2).positions(3).dtype == torch.int64
