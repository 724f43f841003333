"""`space report`: tables on standard output, files in a folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.data.matches.match import Draw, Match, Matches
from sensorium.media.types import Image
from sensorium.models.nano_space.folder import begin, load_space, save_space
from sensorium.space.report import material

Run = Callable[..., Any]


class Levels:
    """Grey pictures of a few digits."""

    size = 12

    def draw(self, rng: np.random.Generator) -> Draw:
        return lambda rng: self.held_out(0)

    def held_out(self, index: int) -> Match:
        image = Image(np.full((32, 32, 3), 60 * (index % 4), np.uint8))
        return Match((image,), (), "levels", words=str(index % 4), key=str(index % 4))


@pytest.fixture
def folder(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny space, and matches that need no sets."""
    monkeypatch.setattr(material, "matches", lambda name, root: Matches(name, Levels()))
    save_space(tiny_folder.parent / "space", begin(tiny_folder))
    return tiny_folder.parent / "space"


def test_a_report_is_written_and_shown(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    done = run("space", "report", "--model", str(folder), "--out", str(out), "--no-picture", "--count", "12")
    assert (done.code, done.out.startswith("# How well aligned is")) == (0, True)
    assert {path.name for path in out.iterdir()} == {"report.md", "report.json", "report.html"}
    assert json.loads((out / "report.json").read_text())["retrievals"][0]["queries"] == 12


def test_sharpness_is_measured_and_kept(run: Run, folder: Path, tmp_path: Path) -> None:
    before = load_space(folder).embed(["a"])
    done = run(
        "space", "report", "--model", str(folder), "--out", str(tmp_path / "r"), "--no-picture", "--count", "12",
        "--calibrate", "--json",
    )  # fmt: skip
    assert (done.code, json.loads(done.out)["dimensions"]) == (0, 256)
    card = (folder / "README.md").read_text()
    assert "| all | " in card
    assert "### Found" in card
    assert "{" not in card
    after = load_space(folder)
    assert after.measured.keys() == {"image"}
    assert np.array_equal(after.embed(["a"]), before)


def test_only_whole_embeddings_are_calibrated(run: Run, folder: Path) -> None:
    done = run("space", "report", "--model", str(folder), "--calibrate", "--dimensions", "64")
    assert (done.code, "got --dimensions too" in done.err) == (2, True)


def test_dimensions_that_a_model_does_not_have(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("space", "report", "--model", str(folder), "--dimensions", "7", "--no-picture", "--out", str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert "dimensions: got 7" in done.err
