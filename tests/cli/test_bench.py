"""`sensorium bench`: a table, JSON, files, and errors before a minute of work."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensorium.evaluation.bench import run as measuring
from sensorium.evaluation.bench.limits import Machine
from sensorium.evaluation.bench.result import Bench, Figure

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(_: Any, *, called: str, tell: Callable[[str], None]) -> Bench:
        tell("all of it")
        return Bench(called, Machine("x", 1, 1e9, {}), (Figure("decode", 5.0, "tokens/s", 10.0),), ())

    monkeypatch.setattr(measuring, "bench", measured)


def test_a_table_and_json(run: Run, tiny: str) -> None:
    done = run("bench", "--model", tiny)
    assert (done.code, done.err) == (0, "measuring: all of it …\n")
    assert "| decode | 5.0 tokens/s | 10.0 tokens/s | 50% |  |" in done.out
    found = json.loads(run("bench", "--model", tiny, "--json").out)
    assert (found["model"], found["figures"][0]["share_of_limit"]) == (tiny, 0.5)


def test_files_go_where_they_are_wanted(run: Run, tiny: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert run("bench", "--model", tiny, "-o", str(tmp_path / "a")).code == 0
    assert {each.name for each in (tmp_path / "a").iterdir()} == {"bench.json", "bench.md", "bench.png"}
    (tmp_path / "file").write_text("")
    done = run("bench", "--model", tiny, "-o", str(tmp_path / "file"))
    assert "expected to write what was measured there" in done.err
    assert done.code == 2


def test_a_model_that_there_is_not(run: Run) -> None:
    assert run("bench", "--model", "nowhere").code == 2
