"""What cannot be written is refused beforehand."""

import os
from pathlib import Path

import pytest

from sensorium.cli.outputs import check_output
from sensorium.core.errors import UsageError


def test_a_new_file_and_an_old_one(tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    for name in ("old", "new"):
        assert check_output(str(tmp_path / name), "--out") == tmp_path / name


@pytest.mark.parametrize("name", ["", ".", "/", "nowhere/x"])
def test_where_no_file_can_be(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"--out is '{name}': no file can be there"):
        check_output(name, "--out")


def test_a_folder_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="must not be written to; expected a folder of yours"):
        check_output(str(tmp_path / "x"), "--out")
