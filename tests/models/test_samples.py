"""The samples that come with the package."""

from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.media.load import load_media
from sensorium.models import samples
from sensorium.models.samples import FOLDER, BundledSample, bundled_samples


def test_every_file_is_asked_about_and_every_file_asked_about_is_there() -> None:
    media = {path.name for path in FOLDER.iterdir()} - {"samples.json", "LICENCES.md"}
    assert media == {name for sample in bundled_samples() for name in sample.files}


def test_all_kinds_load_and_are_small() -> None:
    kinds = [load_media(path).modality for sample in bundled_samples() for path in sample.paths]
    assert set(kinds) == {"image", "audio", "video"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 300_000


def test_every_file_has_its_licence() -> None:
    told = (FOLDER / "LICENCES.md").read_text(encoding="utf-8")
    for sample in bundled_samples():
        assert all(f"`{name}`" in told for name in sample.files)


def test_both_languages_are_there() -> None:
    assert {sample.language for sample in bundled_samples()} == {"en", "zh"}


def test_an_answer_is_right_whatever_its_capitals_and_marks() -> None:
    sample = BundledSample(("a.png",), "What is this?", "ankle boot", "")
    assert sample.is_right(" Ankle  boot. ")
    assert not sample.is_right("boot")


def test_samples_that_are_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "FOLDER", tmp_path)
    with pytest.raises(CheckpointError, match=r"samples\.json: not a readable list.*Install sensorium again"):
        bundled_samples()
