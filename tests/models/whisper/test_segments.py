"""Cutting at timestamps, as the original's loop does."""

import pytest
from tests.models.whisper.fakes import TOKENS, at

from sensorium.models.whisper.segments import cut

YES, NO = 3, 4


def made(ids: list[int], seconds: float = 1.0) -> tuple[list[tuple[float, float, list[int]]], float | None, bool]:
    found = cut(ids, TOKENS, seconds)
    slices = [(round(each.start, 2), round(each.end, 2), list(each.ids)) for each in found.slices]
    return slices, None if found.moved is None else round(found.moved, 2), found.whole


def test_a_segment_that_ended_alone_uses_up_the_window() -> None:
    ids = [at(0.0), YES, at(0.4), at(0.5), NO, at(0.9)]
    assert made(ids) == ([(0.0, 0.4, ids[:3]), (0.5, 0.9, ids[3:])], None, True)


def test_an_unfinished_segment_is_for_the_next_window() -> None:
    ids = [at(0.0), YES, at(0.4), at(0.5), NO, NO]
    assert made(ids) == ([(0.0, 0.4, ids[:3])], 0.4, False)
    assert made([at(0.1), YES, at(0.4), at(0.4)]) == ([(0.1, 0.4, [at(0.1), YES, at(0.4)])], 0.4, False)


@pytest.mark.parametrize(
    ("ids", "end"), [([YES, NO], 0.7), ([at(0.0), YES], 0.7), ([at(0.1), YES, at(0.5)], 0.5), ([], 0.7)]
)
def test_without_a_pair_the_window_is_one_segment(ids: list[int], end: float) -> None:
    whole = ids[-1:] == [at(0.5)]
    assert made(ids, 0.7) == ([(0.0, end, ids)], None, whole)
