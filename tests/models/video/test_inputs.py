"""Where the settings for films are found, and that they must suit the network."""

import json
from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.models.video.inputs import read_clips

SMALL = {"size": {"shortest_edge": 24}, "crop_size": {"height": 24, "width": 24}, "image_mean": [0.1, 0.2, 0.3]}
OTHER = {**SMALL, "image_mean": [0.7, 0.8, 0.9]}


def write(folder: Path, name: str, data: object) -> None:
    (folder / name).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("preprocessor_config.json", SMALL),
        ("video_preprocessor_config.json", SMALL),
        ("processor_config.json", {"video_processor": SMALL}),
        ("processor_config.json", {"image_processor": SMALL, "processor_class": "X"}),
    ],
)
def test_settings_are_in_one_of_several_files(tmp_path: Path, name: str, data: object) -> None:
    write(tmp_path, name, data)
    spec = read_clips(tmp_path, (6, 24, 24))
    assert (spec.frames, spec.pictures.mean) == (6, (0.1, 0.2, 0.3))


def test_settings_for_films_come_before_those_for_pictures(tmp_path: Path) -> None:
    write(tmp_path, "preprocessor_config.json", OTHER)
    write(tmp_path, "video_preprocessor_config.json", SMALL)
    assert read_clips(tmp_path, (6, 24, 24)).pictures.mean == (0.1, 0.2, 0.3)
    write(tmp_path, "processor_config.json", {"image_processor": OTHER})
    assert read_clips(tmp_path, (6, 24, 24)).pictures.mean == (0.1, 0.2, 0.3)
    write(tmp_path, "processor_config.json", {"video_processor": OTHER})
    assert read_clips(tmp_path, (6, 24, 24)).pictures.mean == (0.7, 0.8, 0.9)


def test_a_folder_without_settings_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "processor_config.json", {"tokenizer": {}})
    with pytest.raises(CheckpointError, match=r"has no preprocessor_config\.json, which says how pictures.*Fetch it"):
        read_clips(tmp_path, (6, 24, 24))


def test_frames_of_another_size_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "preprocessor_config.json", SMALL)
    with pytest.raises(CheckpointError, match=r"crop Exact\(height=24, width=24\); expected 40x32"):
        read_clips(tmp_path, (6, 32, 40))
    write(tmp_path, "preprocessor_config.json", SMALL | {"do_center_crop": False})
    with pytest.raises(CheckpointError, match=r"size ShortestEdge\(edge=24\) and crop"):
        read_clips(tmp_path, (6, 24, 24))


def test_unknown_settings_are_named(tmp_path: Path) -> None:
    write(tmp_path, "preprocessor_config.json", SMALL | {"offset": True})
    with pytest.raises(ConfigError, match=r"preprocessor_config\.json: unknown key 'offset'"):
        read_clips(tmp_path, (6, 24, 24))
