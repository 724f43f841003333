"""A picture of places."""

from pathlib import Path

import numpy as np
import pytest

from sensorium.space.report.drawing import OF_EACH, collect, draw_space, neighbours, principal
from sensorium.space.report.material import Embeds, place_all


def test_the_first_directions_are_those_in_which_rows_differ_most() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((50, 4)) * [0.1, 5.0, 0.1, 1.0]).astype(np.float32)
    found = principal(rows)
    assert found.std(axis=0) == pytest.approx([rows[:, 1].std(), rows[:, 3].std()], rel=0.05)


def test_few_rows_have_no_neighbourhoods() -> None:
    rows = np.eye(3, dtype=np.float32)
    assert np.array_equal(neighbours(rows, 0), principal(rows))


@pytest.mark.slow
def test_a_picture_is_drawn(known: Embeds) -> None:
    placed = place_all(known, Path(), count=8, report=lambda _: None)[:2]
    cloud = collect(placed)
    assert len(cloud.rows) == len(cloud.kinds) == len(cloud.modalities) == 32 <= 4 * OF_EACH
    assert draw_space(placed).startswith(b"\x89PNG")
