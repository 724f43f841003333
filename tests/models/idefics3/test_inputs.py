"""Which frames of a film are seen, numbers in words, and what settings are refused."""

import numpy as np
import pytest

from sensorium.core.errors import ConfigError, UnsupportedMedia
from sensorium.media.types import AudioClip
from sensorium.models.idefics3.inputs import Preparer, choose_frames, in_words, tile_spec


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zero"), (7, "seven"), (13, "thirteen"), (20, "twenty"), (64, "sixty-four"), (101, "one hundred and one")],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert in_words(number) == words


def test_frames_are_spread_over_the_film() -> None:
    assert choose_frames(30, 5.0, most=4, fps=1) == [0, 9, 19, 29]
    assert choose_frames(30, 3.0, most=64, fps=1) == [0, 14, 29]
    assert choose_frames(1, 0.04, most=64, fps=1) == [0]
    assert choose_frames(2, 100.0, most=64, fps=1) == [0, 1]


def test_ends_of_long_films_are_left_out() -> None:
    chosen = choose_frames(1000, 100.0, most=10, fps=1)
    assert (chosen[0], chosen[-1], len(chosen)) == (10, 990, 10)


def test_sounds_are_refused_with_advice() -> None:
    with pytest.raises(UnsupportedMedia, match=r"takes image, video, not audio.*sensorium models"):
        Preparer(tile_spec({}, "x.json"), 4)(AudioClip(np.zeros(10, np.float32)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": {"height": 3, "width": 4}}, r"x\.json: size is .*expected a longest_edge"),
        ({"max_image_size": 512}, "max_image_size is 512"),
        ({"resample": 9}, "resample is 9"),
        ({"video_sampling": 3}, "video_sampling is 3"),
        ({"do_dance": True}, "do_dance"),
    ],
)
def test_settings_that_cannot_be_followed(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        tile_spec(settings, "x.json")
