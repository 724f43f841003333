"""`doctor` and its checks."""

import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sensorium.cli import checks
from sensorium.cli.checks import Requirement
from sensorium.models.samples import bundled_samples

Run = Callable[..., Any]


@pytest.fixture
def installed(tiny: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The tiny model stands where the bundled one does."""
    monkeypatch.setattr("sensorium.models.catalog.BUNDLED", Path(tiny))
    return tiny


@pytest.fixture
def knowing(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundled model that answers everything right."""
    answers = {(sample.question, sample.files): sample.answer for sample in bundled_samples()}

    def ask(question: str, *paths: Path) -> SimpleNamespace:
        text = answers[question, tuple(path.name for path in paths)]
        return SimpleNamespace(text=text, timings=SimpleNamespace(total=0.1))

    monkeypatch.setattr("sensorium.runtime.load.load", lambda: SimpleNamespace(ask=ask))


def test_all_is_well(run: Run, knowing: None) -> None:
    done = run("doctor")
    assert done.code == 0
    assert done.out.endswith("All is well.\n")
    for word in ("python", "torch", "libavcodec", "processor", "gpu", "memory"):
        assert word in done.out
    for word in ("temporary folder", " models in ", "extra train"):
        assert word in done.out


def test_json_tells_the_same(run: Run, knowing: None) -> None:
    told = json.loads(run("doctor", "--json").out)
    assert told["ok"]
    assert {"name", "ok", "detail", "remedy", "required"} == set(told["checks"][0])


def test_wrong_answers_of_the_bundled_model_are_found(run: Run, installed: str) -> None:
    done = run("doctor")
    assert done.code == 4
    assert "FAIL  self-test          0 of " in done.out
    assert "The answers are not those of this model. Install sensorium again" in done.out


def test_an_altered_file_is_found(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "manifest.json").write_text('{"version": 1, "files": {}}')
    (tmp_path / "extra.bin").write_bytes(b"x")
    monkeypatch.setattr("sensorium.models.catalog.BUNDLED", tmp_path)
    done = run("doctor", "--json")
    told = {check["name"]: check for check in json.loads(done.out)["checks"]}
    assert done.code == 4
    assert "'extra.bin' is not listed" in told["bundled model"]["detail"]
    assert "self-test" not in told


@pytest.mark.parametrize(
    ("requirement", "message", "remedy"),
    [
        ("nosuchpackage>=1", "No module named 'nosuchpackage'", "pip install --force-reinstall 'nosuchpackage'"),
        ("numpy>=999.0", "older than 999.0", "pip install --upgrade 'numpy>=999.0'"),
    ],
)
def test_a_package_that_will_not_do_is_named_with_the_remedy(
    run: Run, monkeypatch: pytest.MonkeyPatch, requirement: str, message: str, remedy: str
) -> None:
    monkeypatch.setattr("importlib.metadata.requires", lambda _: [requirement])
    done = run("doctor")
    assert done.code == 4
    assert message in done.out
    assert remedy in done.out
    assert "bundled model" not in done.out


def test_a_missing_extra_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ['nosuchpackage>=1; extra == "serve"', 'numpy; extra == "serve"', 'sensorium[train]; extra == "dev"']
    monkeypatch.setattr("importlib.metadata.requires", lambda _: lines)
    (check,) = checks._extras()
    assert (check.name, check.ok, check.required) == ("extra serve", False, False)
    assert check.detail == "without nosuchpackage"
    assert "pip install 'sensorium[serve]'" in check.remedy


def test_the_cache_of_the_hub_need_not_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "none" / "hub"
    settings = SimpleNamespace(HF_HUB_CACHE=str(folder), HF_HUB_OFFLINE=True)
    assert checks._cache(settings) == f"0 models in {folder}, offline mode is on (HF_HUB_OFFLINE)"
    (folder / "models--a--b").mkdir(parents=True)
    settings.HF_HUB_OFFLINE = False
    assert checks._cache(settings) == f"1 models in {folder}"


@pytest.mark.parametrize(("floor", "old"), [("", False), ("1.0", False), ("999", True)])
def test_versions_are_compared_by_their_numbers(floor: str, old: bool) -> None:
    assert Requirement("numpy", floor).too_old == old


def test_a_package_that_was_never_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", missing)
    done = run("doctor")
    assert done.code == 4
    assert "runs from a folder, not installed\n" in done.out
    assert "pip install sensorium\n" in done.out
