"""Grounds: of two colours at most, patterns that fill the picture, none of them those of validation."""

import numpy as np
import pytest

from sensorium.data.synthetic.grounds import HELD_OUT_GROUNDS, PATTERNS, TRAIN_GROUNDS, draw_ground

TWO_COLOURED = (*PATTERNS, "halves", "stripes", "checks")


@pytest.mark.parametrize("style", sorted({style for _, style in (*TRAIN_GROUNDS, *HELD_OUT_GROUNDS)}))
def test_every_ground_has_the_size_asked_and_looks_the_same_with_the_same_generator(style: str) -> None:
    _, _, picture = draw_ground(np.random.default_rng(0), 71, 48, ((1.0, style),))
    _, _, again = draw_ground(np.random.default_rng(0), 71, 48, ((1.0, style),))
    assert picture.size == (71, 48)
    assert picture.tobytes() == again.tobytes()


@pytest.mark.parametrize("style", TWO_COLOURED)
def test_patterns_have_the_two_colours_that_are_told_and_no_others(style: str) -> None:
    both = 0
    for seed in range(12):
        _, colours, picture = draw_ground(np.random.default_rng(seed), 64, 64, ((1.0, style),))
        seen = {tuple(colour) for colour in np.asarray(picture).reshape(-1, 3).tolist()}
        assert seen <= set(colours)
        both += len(seen) == 2
    assert both >= 10


def test_patterns_of_validation_are_not_seen_in_training() -> None:
    training = {style for _, style in TRAIN_GROUNDS}
    assert {style for _, style in HELD_OUT_GROUNDS} - training == {"stripes", "checks"}
    assert sum(share for share, _ in TRAIN_GROUNDS) == pytest.approx(1)
