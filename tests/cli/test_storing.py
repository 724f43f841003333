"""Where an index is."""

from pathlib import Path

import pytest

from sensorium.cli.storing import index_folder, shown_index


def test_the_folder_that_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert index_folder("here") == tmp_path / "here"


def test_that_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert index_folder(None) == Path("/data/sensorium/index")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert index_folder(None) == Path("/home/somebody/.local/share/sensorium/index")


def test_a_server() -> None:
    assert index_folder("postgresql://me@host/base") == "postgresql://me@host/base"
    assert shown_index("postgresql://me:secret@host/base") == "postgresql://me@host/base"
