"""The programs of `examples/` run and give what they promise."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sensorium.models.samples import FOLDER

EXAMPLES = Path(__file__).parents[1] / "examples"
LONGEST = 60
"""Lines of a program: an example that needs more shows a want of the package."""


def run(name: str, *arguments: str, folder: Path, code: int = 0) -> str:
    """Standard output of an example run in `folder`."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(EXAMPLES / name), *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_every_file_of_a_folder_is_asked_about(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "boot.png", tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((FOLDER / "boot.png").read_bytes()[:150])
    shutil.copy(FOLDER / "beeps.wav", tmp_path / "c.wav")
    first, broken, last = map(
        json.loads, run("ask_a_folder.py", ".", "这是什么？", folder=tmp_path, code=3).splitlines()
    )
    assert (first["file"], broken["file"], last["file"]) == ("a.png", "b.png", "c.wav")
    assert first["answer"]
    assert last["answer"]
    assert "answer" not in broken
    assert broken["error"].startswith("b.png: damaged or incomplete PNG")


def test_a_folder_without_failures_ends_well(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "boot.png", tmp_path)
    assert '"file": "boot.png"' in run("ask_a_folder.py", ".", "What is this?", folder=tmp_path)


def test_a_tiny_model_is_trained_and_asked(tmp_path: Path) -> None:
    out = run("train_tiny.py", "steps=4", "tokenizer_samples=5", "validation_samples=2", folder=tmp_path)
    assert "step 4 of 4: scenes " in out
    assert "a guess after 4 steps: " in out
    assert (tmp_path / "runs/tiny/model/model.safetensors").exists()


def test_a_composed_model_shows_the_way_of_the_data(tmp_path: Path) -> None:
    lines = run("compose.py", str(FOLDER / "boot.png"), folder=tmp_path).splitlines()
    assert [line.split()[0] for line in lines] == ["message", "ids", "features", "rows", "hidden", "scores"]
    assert lines[0].endswith("Image, Text")
    assert lines[3].endswith("[4, 128]")


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.name)
def test_examples_are_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < LONGEST
