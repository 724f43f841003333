"""Names and paths to model folders."""

from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError, UsageError
from sensorium.models.catalog import BUNDLED, DEFAULT, FAMILIES, find


def test_the_default_is_the_bundled_one() -> None:
    assert find(DEFAULT) == ("nano", BUNDLED)


def test_every_entry_resolves() -> None:
    for name in FAMILIES.names():
        assert callable(FAMILIES.resolve(name))
        assert FAMILIES.get(name).licence


def test_a_folder_stands_for_itself(tiny_folder: Path) -> None:
    assert find(str(tiny_folder)) == ("nano", tiny_folder)


def test_an_unknown_name_lists_the_known_and_the_near() -> None:
    with pytest.raises(UsageError, match=r"no model named 'nanoo'.*there are: nano\. Did you mean 'nano'\?"):
        find("nanoo")


@pytest.mark.parametrize("name", ["", "\0", "x" * 5000, "~nosuchuser/model", "/root/../nowhere"])
def test_names_that_are_no_paths_are_unknown_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((UsageError, CheckpointError), match=r"no model named|no config\.json"):
        find(name)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json, so not a model folder"):
        find(str(tmp_path))
