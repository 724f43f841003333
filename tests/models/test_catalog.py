"""Names and paths to model folders."""

import json
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.catalogue import Catalogue
from sensorium.core.errors import CheckpointError, UsageError
from sensorium.models.catalog import (
    BUNDLED,
    CLASSIFIERS,
    DEFAULT,
    EMBEDDERS,
    FAMILIES,
    TRANSCRIBERS,
    find,
    locate,
    memory_for,
    model_type,
    reader,
)


def test_the_default_is_the_bundled_one() -> None:
    assert find(DEFAULT) == ("nano", BUNDLED)


def test_every_entry_resolves() -> None:
    for catalogue in (FAMILIES, EMBEDDERS, TRANSCRIBERS, CLASSIFIERS):
        for name in catalogue.names():
            assert callable(catalogue.resolve(name))
            assert catalogue.get(name).licence


def test_a_folder_stands_for_itself(tiny_folder: Path) -> None:
    assert find(str(tiny_folder)) == ("nano", tiny_folder)


def test_an_unknown_name_lists_the_known_and_the_near() -> None:
    with pytest.raises(UsageError, match=r"no model named 'nanoo'.*Did you mean 'nano'\? Give nano, the path"):
        find("nanoo")


@pytest.mark.parametrize("name", ["", "\0", "x" * 5000, "~nosuchuser/model", "/root/../nowhere"])
def test_names_that_are_no_paths_are_unknown_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((UsageError, CheckpointError), match=r"no model named|no such folder|no config\.json"):
        find(name)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json, so not a model folder"):
        find(str(tmp_path))


def test_a_folder_is_of_the_family_that_its_config_names(tmp_path: Path) -> None:
    for kind, family in (("nano", "nano"), ("idefics3", "idefics3"), ("smolvlm", "idefics3"), ("llama", "text")):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
        assert find(str(tmp_path)) == (family, tmp_path)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('{"model_type": "bert"}', r"model_type is 'bert'; expected that of a model that answers: .*idefics3, .*llava"),
        ("{}", "model_type is None"),
        ("[1]", "got list, expected an object"),
        ("{", "not a readable JSON file"),
    ],
)
def test_a_folder_of_no_family(tmp_path: Path, config: str, message: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(CheckpointError, match=message):
        find(str(tmp_path))


def test_a_folder_of_no_family_has_a_place_and_a_type_but_no_reader(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    assert locate(str(tmp_path)) == tmp_path
    assert (reader(tmp_path, FAMILIES), model_type(tmp_path)) == (None, "bert")


def test_a_family_is_not_a_model() -> None:
    with pytest.raises(UsageError, match=r"'idefics3' is a family of models; .* for example HuggingFaceTB/SmolVLM"):
        find("idefics3")


@pytest.mark.parametrize(
    ("kind", "catalogue", "command"),
    [("clip", FAMILIES, "embed"), ("whisper", FAMILIES, "transcribe"), ("idefics3", TRANSCRIBERS, "ask")],
)
def test_a_folder_for_another_command(tmp_path: Path, kind: str, catalogue: Catalogue[Any], command: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    with pytest.raises(UsageError, match=rf"is of the family {kind}; .*: sensorium {command} --model {tmp_path}$"):
        find(str(tmp_path), catalogue=catalogue)


def test_an_id_of_the_hub_is_fetched(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(name: str, *, progress: object) -> Path:
        asked.append((name, progress))
        return tiny_folder

    monkeypatch.setattr("sensorium.weights.hub.resolve", resolve)
    assert find("someone/tiny@v1") == ("nano", tiny_folder)
    assert asked == [("someone/tiny@v1", None)]


def test_a_model_needs_more_memory_than_its_weights() -> None:
    assert memory_for(10**9) == pytest.approx(1.45e9)
