"""`models`: the list."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.catalogue import Catalogue, Entry

Run = Callable[..., Any]


def test_the_list_says_what_one_needs_to_choose(run: Run) -> None:
    done = run("models")
    assert done.code == 0
    assert done.out.startswith("nano  (text, image, audio, video; Apache-2.0; ")


def test_json_tells_folder_and_size(run: Run, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.models.catalog.BUNDLED", Path(tiny))
    (first, *_) = json.loads(run("models", "--json").out)["models"]
    assert (first["name"], first["source"], first["folder"]) == ("nano", "bundled", tiny)
    assert first["bytes"] > 10_000


def test_bundled_models_come_first_and_others_say_where_they_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = (
        Entry("other", "a:b", "x", source="someone/other", size=2_000_000_000),
        Entry("nano", "a:b", "y", source="bundled"),
        Entry("own", "a:b", "z", source="FOLDER"),
    )
    monkeypatch.setattr("sensorium.models.catalog.COMMANDS", {"ask": Catalogue("model", entries)})
    lines = run("models").out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")][:3] == ["nano", "other", "own"]
    assert "    smallest: sensorium ask --model someone/other  (needs 2.6 GB of memory)" in lines
    assert not any("FOLDER" in line for line in lines)


def test_models_that_embed_are_listed_too(run: Run) -> None:
    found = {entry["name"]: entry for entry in json.loads(run("models", "--json").out)["models"]}
    assert (found["clip"]["command"], found["clip"]["source"]) == ("embed", "openai/clip-vit-base-patch32")
