"""What settings make of pictures, and which are refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sensorium.core.errors import CheckpointError, ConfigError, UnsupportedMedia
from sensorium.inputs.pictures import Exact
from sensorium.media.types import AudioClip, Image
from sensorium.models.llava.config import LlavaConfig, read_config
from sensorium.models.llava.inputs import Preparer, original_settings, view_spec

VISION = {"model_type": "clip_vision_model", "image_size": 42, "patch_size": 7}
PLAIN: LlavaConfig = read_config({"model_type": "llava", "vision_config": VISION})
TILED: LlavaConfig = read_config(
    {"model_type": "llava_next", "vision_config": VISION, "image_grid_pinpoints": [[42, 84], [84, 84]]}
)
WHITE = Image(np.full((20, 40, 3), 255, np.uint8))


def test_a_picture_is_as_many_placeholders_as_rows() -> None:
    made = Preparer(view_spec(original_settings(PLAIN), PLAIN, "x.json"), row="<pic>")(WHITE)
    assert made.text == "<pic>" * 36
    assert made.item.features.shape == (3, 42, 42)
    assert made.item.size is None


def test_a_picture_in_tiles() -> None:
    made = Preparer(view_spec(original_settings(TILED), TILED, "x.json"))(WHITE)
    assert made.item.features.shape == (3, 3, 42, 42)
    assert made.item.rows == 36 + 6 * (12 + 1) == made.text.count("<image>")
    assert made.item.size == (20, 40)


def test_the_original_pads_to_squares_with_the_mean_colour() -> None:
    config = replace(PLAIN, square=True)
    features = Preparer(view_spec(original_settings(config), config, "x.json"))(WHITE).item.features
    np.testing.assert_allclose(features[:, 0, 0], 0, atol=0.02)  # the mean, in whole levels
    assert (features[:, 21, 21] > 1.5).all()
    assert (features[:, 21, 0] > 1.5).all()  # nothing is cut off at the sides


def test_paddings_of_batches_are_not_of_pictures() -> None:
    settings = {**original_settings(TILED), "do_pad": True, "aspect_ratio_setting": "anyres"}
    assert not view_spec(settings, TILED, "x.json").pictures.square
    assert view_spec({**original_settings(PLAIN), "do_pad": True}, PLAIN, "x.json").pictures.square


def test_settings_of_siglip() -> None:
    settings = {"image_processor_type": "SiglipImageProcessor", "size": {"height": 42, "width": 42}}
    pictures = view_spec(settings, PLAIN, "x.json").pictures
    assert (pictures.size, pictures.crop, pictures.mean) == (Exact(42, 42), None, (0.5, 0.5, 0.5))


@pytest.mark.parametrize(
    ("config", "change", "message"),
    [
        (PLAIN, {"crop_size": 40}, r"x\.json: pictures get .*expected 42x42 pixels"),
        (PLAIN, {"do_center_crop": False}, "pictures get"),
        (TILED, {"size": {"shortest_edge": 40}}, "pictures get"),
        (TILED, {"crop_size": 40}, "pictures get"),
        (TILED, {"do_resize": False}, "pictures get size None"),
        (TILED, {"image_grid_pinpoints": [[84, 84]]}, r"\[\[84, 84\]\]; expected .* \[\[42, 84\], \[84, 84\]\]"),
        (TILED, {"image_grid_pinpoints": None}, "image_grid_pinpoints is"),
        (TILED, {"image_grid_pinpoints": 3}, "image_grid_pinpoints is 3"),
    ],
)
def test_settings_that_do_not_suit_the_config(config: LlavaConfig, change: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        view_spec({**original_settings(config), **change}, config, "x.json")


def test_unknown_settings_are_named() -> None:
    with pytest.raises(ConfigError, match="do_dance"):
        view_spec({**original_settings(PLAIN), "do_dance": True}, PLAIN, "x.json")


def test_sounds_are_refused_with_advice() -> None:
    with pytest.raises(UnsupportedMedia, match=r"takes image, not audio.*sensorium models"):
        Preparer(view_spec(original_settings(PLAIN), PLAIN, "x.json"))(AudioClip(np.zeros(10, np.float32)))
