"""What a folder says of its weights' bits."""

import json
from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.weights.quantised import STATED, stated_bits


def folder(tmp_path: Path, stated: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "x", STATED: stated}))
    return tmp_path


def test_bits(tmp_path: Path) -> None:
    assert stated_bits(tmp_path) is None  # no config at all
    assert stated_bits(folder(tmp_path, None)) is None
    assert stated_bits(folder(tmp_path, {"quant_method": "sensorium", "bits": 4, "group": 32})) == 4


@pytest.mark.parametrize(
    "stated",
    [
        {"quant_method": "gptq", "bits": 4, "group": 32},
        {"quant_method": "sensorium", "bits": 3, "group": 32},
        {"quant_method": "sensorium", "bits": 4, "group": 64},
        "awq",
    ],
)
def test_others_are_refused(tmp_path: Path, stated: object) -> None:
    with pytest.raises(CheckpointError, match="expected those of `sensorium quantize`"):
        stated_bits(folder(tmp_path, stated))
