"""`sensorium evaluate`: a table, JSON, and errors before an hour of asking."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.errors import MissingPackage
from sensorium.core.files import verify_manifest
from sensorium.evaluation import finish as finishing
from sensorium.evaluation.suite import Outcome

Run = Callable[..., Any]


def test_a_table(run: Run, tiny: str) -> None:
    done = run("evaluate", "scenes, tones", "--model", tiny, "--count", "2")
    assert done.code == 0
    head, _, *lines = done.out.splitlines()
    assert head.startswith("| domain | score | 95 % interval |")
    assert [line.split(" | ")[0] for line in lines] == ["| scenes", "| tones"]
    assert done.err.splitlines() == ["scenes: 2 questions asked", "tones: 2 questions asked"]


def test_json(run: Run, tiny: str) -> None:
    done = run("evaluate", "scenes", "--model", tiny, "--count", "2", "--json")
    (result,) = json.loads(done.out)
    assert (result["domain"], result["count"], result["failed"]) == ("scenes", 2, 0)
    assert result["low"] <= result["score"] <= result["high"]


def test_failures_are_told(run: Run, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_parts: Any, domain: Any, *, count: int, report: Any) -> list[Outcome]:
        return [Outcome(index, domain.validation(index).turns[0], failure="too dark.") for index in range(count)]

    monkeypatch.setattr(finishing, "run_suite", fail)
    done = run("evaluate", "scenes", "--model", tiny, "--count", "2")
    assert "| scenes | ? | ? to ? | ? | 0 | 2 |" in done.out
    assert done.err == "scenes: 2 questions failed and are not scored, the first: too dark.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("scene",), 2, "no domain named 'scene'; .* Did you mean 'scenes'"),
        (("scenes,",), 2, "no domain named ''"),
        (("scenes", "--calibrate"), 2, "--calibrate needs all domains, got 'scenes'"),
        (("scenes", "--count", "0"), 2, "--count"),
        (("scenes", "--model", "nowhere"), 2, "no model named 'nowhere'"),
        (("mnist", "--data-root", "nowhere"), 3, "nowhere"),
    ],
)
def test_wrong_uses(run: Run, tiny: str, arguments: tuple[str, ...], code: int, message: str) -> None:
    model = () if "--model" in arguments else ("--model", tiny)
    done = run("evaluate", *arguments, *model)
    assert (done.code, done.out) == (code, "")
    assert len(done.err.splitlines()) == 1
    assert re.search(message, done.err)


def test_a_damaged_folder(run: Run, tiny_folder: Path) -> None:
    with (tiny_folder / "model.safetensors").open("r+b") as file:
        file.write(b"\xff\xff")
    done = run("evaluate", "scenes", "--model", str(tiny_folder))
    assert (done.code, done.out) == (4, "")
    assert "'model.safetensors' does not have the SHA-256" in done.err


# With --calibrate


@pytest.fixture
def two_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    """All there is are scenes and tones."""
    from sensorium.data import catalog

    monkeypatch.setattr(catalog, "domains", lambda _root: dict.fromkeys(("scenes", "tones")))
    made = {name: catalog.SYNTHETIC.resolve(name)() for name in ("scenes", "tones")}
    monkeypatch.setattr(catalog, "domain", lambda name, _root: made[name])
    monkeypatch.setattr(finishing, "MEDIA_PER_DOMAIN", 4)
    monkeypatch.setattr(finishing, "LEAST_OUTCOMES", 4)


@pytest.mark.usefixtures("two_domains")
def test_calibrating_completes_the_folder(run: Run, tiny_folder: Path) -> None:
    done = run("evaluate", "all", "--calibrate", "--model", str(tiny_folder), "--count", "6")
    assert done.code == 0
    assert {"calibration.json", "README.md", "reliability.png"} <= set(verify_manifest(tiny_folder))
    assert "| scenes | " in (tiny_folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("two_domains")
def test_without_matplotlib_nothing_is_asked(run: Run, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, extra: str) -> None:
        raise MissingPackage(f"This needs the package '{module}' of the extra '{extra}'.")

    monkeypatch.setattr("sensorium.core.packages.require", missing)
    done = run("evaluate", "all", "--calibrate", "--model", str(tiny_folder), "--count", "6")
    assert (done.code, done.err) == (2, "sensorium: This needs the package 'matplotlib' of the extra 'train'.\n")
    verify_manifest(tiny_folder)


@pytest.mark.usefixtures("two_domains")
def test_a_folder_that_cannot_be_written(run: Run, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device", "calibration.json")

    monkeypatch.setattr(finishing, "write_atomic", full)
    done = run("evaluate", "all", "--calibrate", "--model", str(tiny_folder), "--count", "6")
    assert done.code == 2
    assert "calibration.json: No space left on device; expected to write what was measured" in done.err
