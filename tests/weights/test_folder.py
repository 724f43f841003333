"""JSON files of a folder are read with a limit, and torch is not needed to fetch one."""

import subprocess
import sys
from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.weights import folder
from sensorium.weights.folder import read_json


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, "\xff"])
def test_json_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="latin-1")
    with pytest.raises(CheckpointError, match=r"a\.json: "):
        read_json(tmp_path / "a.json")


def test_json_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}')
    assert read_json(tmp_path / "a.json") == {"a": 1}
    monkeypatch.setattr(folder, "_LARGEST_JSON", 7)
    with pytest.raises(CheckpointError, match="got more than 64 MiB"):
        read_json(tmp_path / "a.json")


def test_fetching_does_not_wait_for_torch() -> None:
    code = "import sys, sensorium.weights.hub; sys.exit(bool({'torch', 'huggingface_hub'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
