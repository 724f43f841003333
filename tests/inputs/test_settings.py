"""Settings for pictures are found in either file, and their absence is said."""

from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.inputs.pictures import CLIP, SIGLIP, Exact
from sensorium.inputs.settings import picture_settings, tower_pictures


def test_the_older_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "processor_config.json").write_text('{"image_processor": {"size": 2}}')
    assert picture_settings(tmp_path) == ({"size": 2}, str(tmp_path / "processor_config.json"))
    (tmp_path / "preprocessor_config.json").write_text('{"size": 1}')
    assert picture_settings(tmp_path) == ({"size": 1}, str(tmp_path / "preprocessor_config.json"))


def test_without_any(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has no preprocessor_config\.json"):
        picture_settings(tmp_path)
    (tmp_path / "processor_config.json").write_text('{"image_processor": 3}')
    with pytest.raises(CheckpointError, match=r"has no preprocessor_config\.json"):
        picture_settings(tmp_path)


def test_a_tower_takes_squares_of_one_size() -> None:
    size = {"height": 48, "width": 48}
    assert tower_pictures({"size": size}, 48, where="x.json", defaults=SIGLIP).size == Exact(48, 48)
    assert tower_pictures({"crop_size": size}, 48, where="x.json", defaults=CLIP).crop == Exact(48, 48)
    with pytest.raises(CheckpointError, match=r"x\.json: pictures get .*; expected 40x40 pixels, as the vision tower"):
        tower_pictures({"size": size}, 40, where="x.json", defaults=SIGLIP)
