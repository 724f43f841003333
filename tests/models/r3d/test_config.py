"""R3D's config.json, whose form is ours: a line is enough, what is written is read, and what is refused."""

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.models.r3d.config import R3dConfig, config_json, read_config
from sensorium.models.video.classifier import read_labels


def test_one_line_is_r3d_18() -> None:
    assert read_config({"model_type": "r3d"}) == R3dConfig()
    assert (R3dConfig().channels, R3dConfig().depths) == ((64, 128, 256, 512), (2, 2, 2, 2))


def test_what_is_written_is_read() -> None:
    config = R3dConfig(channels=(4, 8), depths=(1, 3), num_frames=8, resize=(64, 80), crop=(56, 60))
    data = config_json(config, ("walking", "jumping"))
    assert read_config(data) == config
    assert read_labels(data, where="x") == ("walking", "jumping")
    assert "id2label" not in config_json(config)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, r"model_type is None; expected r3d\. Give a folder with R3D weights and our config\.json"),
        ({"model_type": "r3d", "chanels": [4]}, "unknown key 'chanels'.*'channels'"),
        ({"model_type": "r3d", "depths": [2, 2]}, r"depths \(2, 2\); expected one of each for every stage"),
        ({"model_type": "r3d", "channels": [], "depths": []}, r"channels \(\) and depths \(\)"),
        ({"model_type": "r3d", "depths": [2, 2, 0, 2]}, "at least 1"),
        ({"model_type": "r3d", "crop": [129, 112]}, r"cropped to \(129, 112\).*expected at least one frame"),
        ({"model_type": "r3d", "num_frames": 0}, "takes 0 frames"),
        ({"model_type": "r3d", "image_std": [1, 0, 1]}, "and no 0"),
    ],
)
def test_what_cannot_be_read_is_named(data: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_config(data)
