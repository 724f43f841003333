"""The programs of `examples/` run and give what they promise."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sensorium.media.encode import encode_image
from sensorium.media.load import load_media
from sensorium.media.types import Image
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


OWN = EXAMPLES / "own_assistant"


def png(pixels: NDArray[np.uint8]) -> bytes:
    return encode_image(Image(pixels))


def striped(answer: str, number: int) -> bytes:
    """48x48: stripes that stand, lie or are no stripes, in grains and greys of their own."""
    rng = np.random.default_rng([number, *answer.encode()])
    rows, columns = np.indices((48, 48)) // rng.integers(4, 7)
    shown = {"gliff": rows % 2, "tarn": columns % 2, "oxbow": (rows + columns) % 2}[answer]
    noise = rng.normal(0, 8, (48, 48))
    return png(np.repeat((60 + 120 * shown + noise).clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2))


@pytest.mark.slow
def test_an_assistant_of_ones_own_learns_words_that_nobody_knew(tmp_path: Path) -> None:
    for answer in ("gliff", "oxbow", "tarn"):
        (tmp_path / "pictures" / answer).mkdir(parents=True)
        for number in range(40):
            (tmp_path / "pictures" / answer / f"{number:02}.png").write_bytes(striped(answer, number))
    quick = ("steps=40", "mixture.own.batch=12", "optimiser.warmup=4", "workers=0")
    done = subprocess.run(
        ["sh", str(OWN / "run.sh"), "pictures", "What do you see?", *quick],
        cwd=tmp_path,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    titles = [line for line in lines if line[:1].isdigit() and line[1:3] == ". "]
    assert [line[0] for line in titles] == list("123456789")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    scores = {row[0]: float(row[1]) for row in rows if row[0] != "model"}
    usual = float(rows[-1][3])
    assert usual == pytest.approx(1 / 3, abs=0.01)
    assert scores["nano"] == 0.0
    assert scores["own/instruct/model"] > usual + 0.3
    assert (tmp_path / "own/instruct/adapter/adapter_config.json").is_file()
    assert lines[-1] in ("gliff", "oxbow", "tarn")


def test_pictures_in_folders_become_records(tmp_path: Path) -> None:
    for name in ("cat/a.png", "cat/b.png", "old dog/c.png", "old dog/d.png"):
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / name).touch()
    out = run("own_assistant/make_data.py", "pictures", "own", "--question", "Who?", folder=tmp_path)
    assert "train.json: 2 records, 2 answers" in out
    (cat, dog) = json.loads((tmp_path / "own/test.json").read_text(encoding="utf-8"))
    assert (tmp_path / "own" / cat["image"]).resolve() == tmp_path / "pictures/cat/b.png"
    assert [turn["value"] for turn in dog["conversations"]] == ["<image>\nWho?", "old dog"]


def test_folders_may_say_what_is_tested(tmp_path: Path) -> None:
    for name in ("train/cat/a.png", "train/cat/b.png", "test/cat/c.png"):
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / name).touch()
    run("own_assistant/make_data.py", "pictures", "own", folder=tmp_path)
    sides = {
        side: json.loads((tmp_path / f"own/{side}.json").read_text(encoding="utf-8")) for side in ("train", "test")
    }
    assert {side: [Path(each["image"]).name for each in records] for side, records in sides.items()} == {
        "train": ["a.png", "b.png"],
        "test": ["c.png"],
    }


def test_defects_are_cut_out_and_boards_kept_apart(tmp_path: Path) -> None:
    board = np.full((200, 200, 3), 40, np.uint8)
    board[100:110, 60:80] = 200  # the defect
    lines = []
    with tarfile.open(tmp_path / "boards.tar", "w") as tar:
        for number in range(5):
            entry = tarfile.TarInfo(f"{number}.jpg")
            content = encode_image(Image(board), "jpeg")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
            lines.append(
                json.dumps({"image": f"{number}.jpg", "defects": [{"box": [60, 100, 80, 110], "type": "open"}]})
            )
    (tmp_path / "annotations.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert run("own_assistant/cut_boards.py", ".", "cut", folder=tmp_path) == "17 pictures\n"
    assert len(list((tmp_path / "cut/train/open").iterdir())) == 4 * 4
    (tested,) = (tmp_path / "cut/test/open").iterdir()
    assert tested.name == "4-0-0.png"
    pixels = load_media(tested)
    assert isinstance(pixels, Image)
    assert pixels.pixels.shape == (48, 48, 3)
    assert pixels.pixels[19:29, 14:34].min() > 150  # in the middle


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("*.py")), ids=lambda file: file.name)
def test_examples_are_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < LONGEST
