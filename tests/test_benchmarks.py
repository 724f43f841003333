"""The benchmarks load, find what they measure, and tell a failed run from a fast one."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

FILES = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


def loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_they_load_without_measuring(
    file: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(file.parent)  # as for a script, which finds its neighbours
    module = loaded(file)
    assert not hasattr(module, "main") or callable(module.main)
    assert hasattr(module, "main") == ("__main__" in file.read_text(encoding="utf-8"))  # others are their neighbours
    assert capfd.readouterr() == ("", "")


def named(name: str) -> ModuleType:
    return loaded(next(file for file in FILES if file.stem == name))


def test_first_answer_measures_processes() -> None:
    benchmark = named("first_answer")
    assert Path(benchmark.PICTURE).is_file()
    code = f"import runpy; process = runpy.run_path({benchmark.__file__!r})['process']; "
    code += "print(*process('-c', 'import time; time.sleep(0.05)'))"
    # in a fresh process: the system counts what the starting one had into the peak of the started one
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    seconds, peak_mb = map(float, told.split())
    assert seconds >= 0.05
    assert 1 < peak_mb < 1000
    with pytest.raises(SystemExit, match="failed with exit code 3"):
        benchmark.process("-c", "raise SystemExit(3)")


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Of training, in two steps."""
    benchmark, threads = named("training_speed"), torch.get_num_threads()
    monkeypatch.setattr("sensorium.training.loop.LOG_EVERY", 1)
    for name, value in {"STEPS": 2, "WARM": 1, "BATCH": 2, "TALKS": 4}.items():
        monkeypatch.setattr(benchmark, name, value)
    yield benchmark
    torch.set_num_threads(threads)


def test_all_loops_of_training_are_given_the_same_talks(speed: ModuleType, tmp_path: Path) -> None:
    speed.write(tmp_path)
    plain, ours = speed.run_plain(tmp_path, "fp32"), speed.run_ours(tmp_path, "fp32")
    assert plain["tokens"] == 4 * (2 + 2 * (speed.SAID + 1))  # two roles, and what is said with its end
    assert plain["limit"] > 0
    assert min(ours["seconds_per_step"], plain["seconds_per_step"]) > 0


@pytest.mark.filterwarnings("ignore")
def test_transformers_trains_on_them_too(speed: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    speed.write(tmp_path)
    assert speed.run_theirs(tmp_path, "bf16")["seconds_per_step"] > 0


def test_ratios_of_training_are_of_medians(speed: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = {"ours": iter((1.1, 9.0, 1.0)), "plain": iter((1.0, 1.0, 7.0))}
    monkeypatch.setattr(speed, "write", lambda _: None)
    monkeypatch.setattr(
        speed, "measure", lambda which, *_: {"seconds_per_step": next(taken[which]), "tokens": 64.0, "limit": 0.5}
    )
    report = speed.compare(("ours", "plain"), 3, "fp32")
    assert report["seconds per step"] == {"ours": 1.1, "plain": 1.0}
    assert report["ours / others"] == {"plain": 1.1}
    assert "| ours | 1.1000 |" in speed.table(report)
    assert "| matrix products alone | 0.5000 | |" in speed.table(report)


def test_a_page_about_merging_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "merging.md"
    arguments = ["--domains", "scenes", "--cuts", "0.5", "--count", "2"]
    monkeypatch.setattr("sensorium.evaluation.suite.BASELINE_DRAWS", 2)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["token_merging.py", *arguments, "--write", str(page)])
    named("token_merging").main()
    lines = page.read_text(encoding="utf-8").splitlines()
    assert "python benchmarks/token_merging.py --domains scenes --cuts 0.5 --count 2" in lines
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert [row[:2] for row in cells[1:]] == [["nothing", "0.00"], ["behind", "0.50"], ["between", "0.50"]]
    whole, behind, between = cells[1:]
    assert float(behind[3]) == pytest.approx(float(whole[3]) / 2, abs=0.3)
    assert float(between[2]) == pytest.approx(float(whole[2]) * 0.75, abs=0.3)


def test_costs_of_merging_are_json_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sensorium.evaluation.suite.BASELINE_DRAWS", 2)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    arguments = ["--domains", "scenes", "--cuts", "0.5", "--count", "1", "--json"]
    monkeypatch.setattr(sys, "argv", ["token_merging.py", *arguments])
    named("token_merging").main()
    assert [each["where"] for each in json.loads(capsys.readouterr().out)] == [None, "behind", "between"]
