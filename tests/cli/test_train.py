"""`train`: progress, resuming, interruption, and what it leaves."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensorium.cli.train import _duration
from sensorium.core.errors import MissingPackage
from sensorium.media.load import load_media
from sensorium.training.log import read_log

Run = Callable[..., Any]

RECIPE = """
name: tiny
steps: 2
output: {output}
micro_batches: 1
mixture: {{scenes: {{batch: 2}}}}
model:
  vision: {{width: 32, layers: 1, heads: 1, hidden: 32, stem: [8, 8]}}
  audio: {{width: 32, layers: 1, heads: 1, hidden: 32, stem: [8, 8, 8]}}
  video: {{width: 36, layers: 1, heads: 1, hidden: 32, stem: [8, 8, 8]}}
  language: {{vocabulary: 300, width: 32, layers: 1, heads: 2, kv_heads: 1, hidden: 32}}
  connector_hidden: 32
precision: fp32
tokenizer_samples: 3
validation_samples: 2
validate_every: 2
save_every: 1
workers: 0
threads: 1
"""


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE.format(output=tmp_path / "run"))
    return str(path)


def test_a_run_its_end_and_its_going_on(run: Run, recipe: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    done = run("train", recipe)
    assert (done.code, done.out) == (0, f"{folder / 'model'}\n")
    assert done.err.startswith(f"a new run in {folder}; ")
    assert "\nstep 2/2, loss " in done.err
    table = (
        r"validation at step 2: answers right, loss, .*\n  scenes    0\.0 % +\d\.\d{3} +\d\.\d{3}\n  mean      0\.0 %\n"
    )
    assert re.search(r"samples/s, 0 s left\n" + table, done.err)
    assert "  warning: what the media show makes no difference to the loss of scenes\n" in done.err
    assert load_media(folder / "curves.png").modality == "image"
    assert run("ask", "Hello?", "--model", done.out.strip(), "--max-tokens", "2").code == 0

    assert not list(folder.glob("events.*"))

    again = run("train", recipe, "steps=4", "validate_every=4", "--tensorboard")
    assert len(list(folder.glob("events.out.tfevents.*"))) == 1
    assert again.err.startswith(f"going on from {folder / 'checkpoint.safetensors'}\nstep 4/4, ")
    assert [entry["step"] for entry in read_log(folder / "log.jsonl")] == [2, 4]


def test_an_interruption_says_how_to_go_on(run: Run, recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sensorium.training.loop.train", interrupted)
    done = run("train", recipe)
    assert (done.code, done.out) == (130, "")
    assert "To go on from there, give the same command again." in done.err


def test_without_matplotlib_the_model_is_there_all_the_same(
    run: Run, recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise MissingPackage("This needs the package 'matplotlib'. pip install 'sensorium[train]'")

    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "log.jsonl").write_text("")
    monkeypatch.setattr("sensorium.training.loop.train", lambda *_: folder / "model")
    monkeypatch.setattr("sensorium.training.curves.draw_curves", missing)
    done = run("train", recipe)
    assert (done.code, done.out) == (0, f"{folder / 'model'}\n")
    assert "no curves: This needs the package 'matplotlib'" in done.err


def test_what_was_left_out_is_counted(run: Run, recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "log.jsonl").write_text("")
    (folder / "skipped.jsonl").write_text('{"record": "a"}\n{"record": "b"}\n{"record": "a"}\n')
    monkeypatch.setattr("sensorium.training.loop.train", lambda *_: folder / "model")
    assert f"2 records were left out; {folder / 'skipped.jsonl'} says which, and why" in run("train", recipe).err


def test_a_dry_run_shows_the_plan_and_leaves_nothing(run: Run, recipe: str, tmp_path: Path) -> None:
    done = run("train", recipe, "--dry-run", "stage={kind: align}")
    assert done.code == 0
    assert re.search(r"^readers\.image\.connector +[\d,]+ +100%$", done.out, re.MULTILINE)
    assert re.search(r"^language\.blocks +[\d,]+ +0%$", done.out, re.MULTILINE)
    assert "a step: 2 samples, " in done.out
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["stepz=3"], 2, "unknown key 'stepz'.*Did you mean 'steps'"),
        (["steps"], 2, "expected 'key=value'"),
        (["mixture.scene={}"], 2, "no domain named 'scene'"),
        (["mixture={mnist: {}}", "data_root=/nowhere"], 3, "/nowhere/mnist/.*Set data_root"),
        (["output=FILE/run"], 2, "FILE.*expected to write the run there"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    run: Run, recipe: str, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "FILE").write_text("")
    given = [each.replace("FILE", str(tmp_path / "FILE")) for each in arguments]
    done = run("train", recipe, *given)
    assert (done.code, done.out) == (code, "")
    last = done.err.splitlines()[-1]
    assert last.startswith("sensorium: ")
    assert re.search(message, last)


def test_a_recipe_that_is_not_there(run: Run) -> None:
    done = run("train", "nowhere.yaml")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "nowhere.yaml: not a readable recipe" in done.err


@pytest.mark.parametrize(("seconds", "text"), [(7.4, "7 s"), (61, "1 min"), (3_725, "1 h 2 min")])
def test_durations(seconds: float, text: str) -> None:
    assert _duration(seconds) == text
