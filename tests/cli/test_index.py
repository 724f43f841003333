"""`index` and `search` from the command line, by a tiny CLIP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ROOT = Path(__file__).parents[2]
CLIP = str(ROOT / "tests/models/clip/golden")
BOOT = ROOT / "src/sensorium/models/nano/samples/boot.png"


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "boot.png").write_bytes(BOOT.read_bytes())
    (folder / "lighthouse.txt").write_text("a keeper")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> str:
    return str(tmp_path / "index")


def test_index_and_index_again(run: Run, media: Path, index: str) -> None:
    done = run("index", str(media), "--index", index, "--model", CLIP)
    assert (done.code, done.out) == (0, "2 files read and stored\n")
    again = run("index", str(media), "--index", index)  # the index knows its model
    assert (again.code, again.out) == (0, "0 files read and stored, 2 unchanged\n")


def test_a_damaged_file_is_told_of_and_gives_code_3(run: Run, media: Path, index: str) -> None:
    (media / "bad.png").write_bytes(BOOT.read_bytes()[:40])
    (media / "x.zip").write_bytes(b"PK\x03\x04 and so on")
    done = run("index", str(media), "--index", index, "--model", CLIP)
    assert done.code == 3
    assert "1 file of other formats: 1 .zip" in done.out
    assert "bad.png: damaged or incomplete PNG" in done.err
    told = json.loads(run("index", str(media), "--index", index, "--json").out)
    assert {Path(each["file"]).name: each["fault"] for each in told["refused"]} == {
        "bad.png": "unreadable",
        "x.zip": "unsupported",
    }


def test_forgetting(run: Run, media: Path, index: str) -> None:
    run("index", str(media), "--index", index, "--model", CLIP)
    done = run("index", "--forget", str(media / "boot.png"), "--index", index)
    assert (done.code, done.out) == (0, f"1 file taken out of {index}\n")
    assert b"boot.png" not in (Path(index) / "index.sqlite").read_bytes()
    again = run("index", "--forget", str(media / "boot.png"), "--index", index)
    assert (again.code, "nothing of it is in the index" in again.err, str(media) in again.err) == (2, True, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "There is nothing to index; expected folders or files."),
        (("no-such-folder",), 3, "no-such-folder: there is nothing; expected a file or a folder."),
        (("--forget", "x"), 2, "there is no index in it; expected one."),
    ],
)
def test_wrong_use(run: Run, index: str, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = run("index", *arguments, "--index", index)
    assert (done.code, message in done.err) == (code, True)


def test_another_model_than_that_of_the_index(run: Run, media: Path, index: str, tmp_path: Path) -> None:
    run("index", str(media), "--index", index, "--model", CLIP)
    (tmp_path / "other").symlink_to(CLIP)
    done = run("index", str(media), "--index", index, "--model", str(tmp_path / "other"))
    assert done.code == 2
    assert f"Take that model: --model {CLIP}" in done.err


def test_all_of_it_is_embedded_anew_for_another_model(run: Run, media: Path, index: str, tmp_path: Path) -> None:
    run("index", str(media), "--index", index, "--model", CLIP)
    (tmp_path / "other").symlink_to(CLIP)
    other = str(tmp_path / "other")
    refused = run("index", str(media), "--index", index, "--model", other)
    assert f"sensorium index --again --model {other} --index {index}" in refused.err
    done = run("index", "--again", "--model", other, "--index", index)
    assert (done.code, done.out) == (0, "2 files read and stored\n")
    again = run("index", "--again", "--index", index)  # it is one of that model now
    assert (again.code, again.out) == (0, "0 files read and stored\n")
    assert run("search", "keeper", "--index", index).out.startswith("1.  text  ")


def test_a_named_file_that_is_not_taken_is_a_failure(run: Run, tmp_path: Path, index: str) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 and so on")
    assert run("index", str(tmp_path / "x.zip"), "--index", index, "--model", CLIP).code == 3
    assert run("index", str(tmp_path), "--index", index).code == 0
