"""What the files beside the weights say, old and new forms, and what is refused by name."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.inputs.pictures import CLIP, Exact, ShortestEdge
from sensorium.models.dual.settings import read_pictures, read_text_settings

GOLDEN = Path(__file__).parents[1] / "clip" / "golden"


def written(folder: Path, name: str, data: object) -> Path:
    (folder / name).write_text(json.dumps(data))
    return folder


@pytest.mark.parametrize("name", ["preprocessor_config.json", "processor_config.json"])
def test_both_files_for_pictures_are_read(tmp_path: Path, name: str) -> None:
    settings = {"size": {"shortest_edge": 34}, "crop_size": 30, "image_processor_type": "CLIPImageProcessor"}
    written(tmp_path, name, settings if name.startswith("pre") else {"image_processor": settings})
    spec = read_pictures(tmp_path, defaults=CLIP, side=30)
    assert (spec.size, spec.crop, spec.resample) == (ShortestEdge(34), Exact(30, 30), "bicubic")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (None, CheckpointError, r"has no preprocessor_config\.json, .*Fetch it as well"),
        ({}, CheckpointError, r"pictures get .*224.*; expected 30x30 pixels, as the vision tower takes\. Use"),
        ({"do_center_crop": False, "size": 30}, CheckpointError, r"ShortestEdge.*expected 30x30"),
        ({"do_flip": True}, ConfigError, r"preprocessor_config\.json: unknown key 'do_flip'"),
    ],
)
def test_settings_for_other_pictures_are_refused(
    tmp_path: Path, settings: Any, error: type[Exception], message: str
) -> None:
    if settings is not None:
        written(tmp_path, "preprocessor_config.json", settings)
    with pytest.raises(error, match=message):
        read_pictures(tmp_path, defaults=CLIP, side=30)


def tokenizer(folder: Path, **changes: object) -> Path:
    shutil.copy(GOLDEN / "tokenizer.json", folder)
    data = json.loads((GOLDEN / "tokenizer_config.json").read_text()) | changes
    return written(folder, "tokenizer_config.json", {name: value for name, value in data.items() if value is not None})


def test_what_a_tokenizer_says(tmp_path: Path) -> None:
    said = read_text_settings(tokenizer(tmp_path, model_input_names=None))
    assert (said.pad, said.left, said.lower, said.masked) == (529, False, False, None)
    assert said.encode("cat")[0::2] == [528, 529]
    changed = tokenizer(
        tmp_path,
        pad_token={"content": "<|startoftext|>", "__type": "AddedToken"},
        padding_side="left",
        do_lower_case=True,
        model_input_names=["input_ids", "attention_mask"],
    )
    said = read_text_settings(changed)
    assert (said.pad, said.left, said.lower, said.masked) == (528, True, True, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"padding_side": "middle"}, r"padding_side is 'middle'; expected left or right"),
        ({"pad_token": None}, r"says no pad_token"),
    ],
)
def test_a_tokenizer_without_padding_is_refused(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_text_settings(tokenizer(tmp_path, **changes))
