"""Grids, sizes on them, and what settings are refused."""

from typing import Any

import numpy as np
import pytest
from tests.models.mllama.make_golden import config_of

from sensorium.core.errors import CheckpointError, ConfigError, UnreadableMedia, UnsupportedMedia
from sensorium.media.types import AudioClip, Image
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.inputs import Preparer, best_grid, size_on, tile_spec

VISION = read_config(config_of("four")).vision
SETTINGS = {"size": {"height": 28, "width": 28}, "max_image_tiles": 4, "do_pad": True}


@pytest.mark.parametrize(
    ("height", "width", "grid", "size"),
    [
        (560, 560, (1, 1), (560, 560)),
        (300, 200, (1, 1), (560, 373)),  # enlarged until one side is a tile's
        (560, 561, (1, 2), (560, 561)),
        (1120, 1120, (2, 2), (1120, 1120)),
        (3000, 2000, (2, 2), (1120, 746)),  # shrunk least
        (4000, 1000, (4, 1), (2240, 560)),
        (100, 5000, (1, 4), (44, 2240)),
        (1, 9000, (1, 4), (1, 2240)),  # never thinner than a pixel
    ],
)
def test_grids_and_sizes(height: int, width: int, grid: tuple[int, int], size: tuple[int, int]) -> None:
    assert best_grid(height, width, most=4, side=560) == grid
    assert size_on(grid, height, width, side=560) == size


def test_a_picture_is_one_token_and_black_beside_it() -> None:
    made = Preparer(tile_spec(SETTINGS, VISION, "x.json"))(Image(np.full((20, 30, 3), 255, np.uint8)))
    assert (made.text, made.item.rows) == ("<|image|>", 1)
    assert made.item.features.shape == (1, 2, 3, 28, 28)
    left, right = made.item.features[0]
    assert (left[:, :20] == 1.0).all()
    assert (right[:, :20, :2] == 1.0).all()
    assert (right[:, :, 2:] == -1.0).all()
    assert (left[:, 20:] == -1.0).all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"size": {"height": 30, "width": 30}}, CheckpointError, r"x\.json: pictures get size .*expected 28x28"),
        ({"max_image_tiles": 3}, CheckpointError, "at most 3 tiles; expected .* 4 tiles"),
        ({"do_resize": False}, CheckpointError, "size None"),
        ({"do_center_crop": True, "crop_size": 28}, CheckpointError, "no crop"),
        ({"do_pad": False}, ConfigError, "do_pad is False; expected true"),
        ({"do_dance": True}, ConfigError, "do_dance"),
    ],
)
def test_settings_that_cannot_be_followed(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tile_spec({**SETTINGS, **change}, VISION, "x.json")


def test_sounds_and_no_pixels_are_refused() -> None:
    prepare = Preparer(tile_spec(SETTINGS, VISION, "x.json"))
    with pytest.raises(UnsupportedMedia, match=r"takes image, not audio.*sensorium models"):
        prepare(AudioClip(np.zeros(10, np.float32)))
    with pytest.raises(UnreadableMedia, match="no side 0"):
        prepare(Image(np.zeros((0, 5, 3), np.uint8)))
