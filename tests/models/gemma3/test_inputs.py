"""Views of pictures: when they are cut, where, and the text around them."""

from typing import Any

import numpy as np
import pytest
from tests.models.gemma3.reference import PAN, ROWS, SIDE

from sensorium.core.errors import CheckpointError, ConfigError, UnsupportedMedia
from sensorium.media.types import AudioClip, Image
from sensorium.models.gemma3.inputs import PanAndScan, Preparer, view_spec

SETTINGS: dict[str, Any] = {"size": {"height": SIDE, "width": SIDE}}


def pieces(height: int, width: int, **settings: float) -> list[tuple[int, ...]]:
    pan = PanAndScan(**{f"pan_and_scan_{key}": value for key, value in {"min_crop_size": 10, **settings}.items()})  # type: ignore[arg-type]
    return [each.shape[:2] for each in pan.pieces(np.zeros((height, width, 3), np.uint8))]


def test_long_pictures_are_cut_along_their_longer_side() -> None:
    assert pieces(20, 61) == [(20, 21), (20, 21), (20, 19)]
    assert pieces(45, 20) == [(23, 20), (22, 20)]


def test_what_is_nearly_square_or_small_stays_whole() -> None:
    assert pieces(20, 23) == []
    assert pieces(9, 40) == []  # a piece would be 9 high
    assert pieces(12, 18) == []  # and here 9 wide


def test_the_number_of_pieces_is_bounded() -> None:
    assert len(pieces(10, 200)) == 4
    assert len(pieces(10, 200, max_num_crops=20)) == 20
    assert pieces(10, 24, max_num_crops=1) == [(10, 24)]


def test_pieces_come_behind_the_whole_with_words_between() -> None:
    made = Preparer(view_spec({**SETTINGS, **PAN}, SIDE, "x.json"), ROWS)(Image(np.zeros((30, 70, 3), np.uint8)))
    view = "\n\n<start_of_image>" + "<image_soft_token>" * ROWS + "<end_of_image>\n\n"
    crops = "here are some crops to help you see better"
    assert made.text == f"Here is the original image {view} and {crops} {view} {view}"
    assert (made.item.features.shape, made.item.rows) == ((3, 3, SIDE, SIDE), 3 * ROWS)


@pytest.mark.parametrize("settings", [SETTINGS, {**SETTINGS, "do_pan_and_scan": None, "pan_and_scan_max_num_crops": 2}])
def test_pictures_stay_whole_unless_the_folder_says_otherwise(settings: dict[str, Any]) -> None:
    made = Preparer(view_spec(settings, SIDE, "x.json"), ROWS)(Image(np.zeros((300, 700, 3), np.uint8)))
    assert made.item.features.shape == (1, 3, SIDE, SIDE)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"size": {"height": 9, "width": 9}}, CheckpointError, r"x\.json: pictures get .*expected 40x40"),
        ({"pan_and_scan_min_crop_size": 0}, ConfigError, r"x\.json: pan and scan: got pieces of at least 0 pixels"),
        ({"pan_and_scan_min_crop_size": "a"}, ConfigError, r"x\.json: pan_and_scan_min_crop_size: got 'a'"),
        ({"do_dance": True}, ConfigError, "do_dance"),
    ],
)
def test_settings_that_cannot_be_followed(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        view_spec({**SETTINGS, **change}, SIDE, "x.json")


def test_sounds_are_refused_with_advice() -> None:
    with pytest.raises(UnsupportedMedia, match=r"takes image, not audio.*sensorium models"):
        Preparer(view_spec(SETTINGS, SIDE, "x.json"), ROWS)(AudioClip(np.zeros(10, np.float32)))
