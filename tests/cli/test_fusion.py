"""`fusion compare`: options reach the comparison, the table and the JSON come out, what cannot be is one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensorium.evaluation.fusion.result import Comparison, Measured, Run, Tally
from sensorium.evaluation.fusion.settings import Settings
from sensorium.evaluation.fusion.task import KINDS

Command = Callable[..., Any]

RUN = Run("gated", 1, 1234, 30.0, 5.0, {"whole": Measured({kind: Tally(3, 4) for kind in KINDS}, None)}, ())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Settings, int]]:
    """What comparisons are asked for; they find `RUN`."""
    given: list[tuple[Path, Settings, int]] = []

    def compare(
        folder: Path, settings: Settings, report: Callable[[str, int, int], None], *, workers: int
    ) -> Comparison:
        given.append((folder, settings, workers))
        report("gated-1", 1, 1)
        return Comparison(settings, "here", (RUN,))

    monkeypatch.setattr("sensorium.evaluation.fusion.compare.compare", compare)
    return given


def test_the_table_and_where_the_report_is(run: Command, asked: list[Any], tmp_path: Path) -> None:
    done = run(
        *("fusion", "compare", "--steps", "7", "--seeds", "2", "--samples", "40"),
        *("--questions", "3", "--beside", "text", "--workers", "1", "-o", str(tmp_path)),
    )
    assert done.code == 0
    assert asked == [(tmp_path, Settings(steps=7, seeds=2, samples=40, questions=3, beside="text"), 1)]
    assert done.out.splitlines()[2].startswith("| gated | 1,234 | 0.75 (")
    assert "gated-1 finished, 1 of 1" in done.err
    assert str(tmp_path / "report.html") in done.err


def test_json(run: Command, asked: list[Any], tmp_path: Path) -> None:
    found = json.loads(run("fusion", "compare", "--json", "-o", str(tmp_path)).out)
    assert found["settings"]["steps"] == Settings().steps
    assert found["runs"][0]["conditions"]["whole"]["answers"]["either"] == {"right": 3, "asked": 4}


def test_defaults_are_those_of_the_settings(run: Command, asked: list[Any]) -> None:
    run("fusion", "compare")
    assert asked[0][1] == Settings()


def test_a_folder_that_cannot_be_written_is_one_line(run: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("fusion", "compare", "-o", str(tmp_path / "file" / "out"))
    assert (done.code, done.out) == (2, "")
    assert "expected to write the comparison there" in done.err.splitlines()[-1]


def test_what_is_interrupted_says_how_to_go_on(run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sensorium.evaluation.fusion.compare.compare", stop)
    done = run("fusion", "compare", "-o", str(tmp_path))
    assert done.code == 130
    assert "give the same command again" in done.err
