"""`embed`: numbers on standard output or in a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]
CLIP = str(Path(__file__).parents[1] / "models" / "clip" / "golden")
BOOT = str(Path(__file__).parents[2] / "src/sensorium/models/nano/samples/boot.png")


def test_one_line_per_item(run: Run) -> None:
    done = run("embed", BOOT, "--text", "a cat", "--model", CLIP)
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, len(lines)) == (0, 2)
    np.testing.assert_allclose(np.linalg.norm(lines, axis=1), 1.0, atol=1e-5)


def test_json_tells_what_each_was(run: Run) -> None:
    found = json.loads(run("embed", BOOT, "--text", "a cat", "--model", CLIP, "--json").out)
    assert [set(item) - {"embedding"} for item in found["items"]] == [{"file"}, {"text"}]
    assert len(found["items"][0]["embedding"]) == found["width"]


def test_an_array_in_a_file(run: Run, tmp_path: Path) -> None:
    done = run("embed", BOOT, "--model", CLIP, "--out", str(tmp_path / "x.npy"))
    assert (done.code, done.out) == (0, "")
    assert np.load(tmp_path / "x.npy").shape[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "no/x.npy"), "--out is 'no/x.npy': no file can be there"),
        (("--out", "/"), "--out is '/': no file can be there"),
        (("--out", ""), "--out is '': no file can be there"),
        (("--out", "x.csv"), "--out is 'x.csv'; expected a file that ends in .npy or .parquet"),
        (("--text", " "), "A --text is empty"),
    ],
)
def test_what_is_wrong_is_told_before_the_model_loads(run: Run, arguments: tuple[str, ...], message: str) -> None:
    done = run("embed", BOOT, "--model", "no-such-model", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"sensorium: {message}")


def test_a_model_that_does_not_answer_says_what_it_is_for(run: Run) -> None:
    done = run("ask", BOOT, "What is this?", "--model", CLIP)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(f"It is for another command: sensorium embed --model {CLIP}\n")


def test_nothing_to_embed(run: Run) -> None:
    done = run("embed", "--model", CLIP)
    assert (done.code, "nothing to embed" in done.err) == (2, True)


def test_one_that_cannot_be_embedded_costs_only_itself(run: Run, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("red " * 400)
    (tmp_path / "bad.png").write_bytes(Path(BOOT).read_bytes()[:40])
    given = ("embed", str(tmp_path / "long.txt"), BOOT, str(tmp_path / "bad.png"), "--text", "a cat", "--model", CLIP)
    done = run(*given)
    assert done.code == 3
    assert [json.loads(line) is None for line in done.out.splitlines()] == [True, False, True, False]
    long, bad, count = done.err.splitlines()
    assert long.startswith(f"{tmp_path / 'long.txt'}: text: 'red red")
    assert "bad.png: damaged or incomplete PNG" in bad
    assert count == "2 of 4 could not be embedded"
    told = json.loads(run(*given, "--json").out)
    assert [next(iter(each.values())) for each in told["items"]] == [BOOT, "a cat"]
    assert [Path(each["file"]).name for each in told["failed"]] == ["long.txt", "bad.png"]
    assert "this model takes" in told["failed"][0]["error"]
    assert run(*given, "--out", str(tmp_path / "x.npy")).code == 3
    assert len(np.load(tmp_path / "x.npy")) == 2


def test_one_alone_that_cannot_be_embedded_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("red " * 400)
    for name in ("long.txt", "nothing.png"):
        done = run("embed", str(tmp_path / name), "--model", CLIP, "--json")
        assert done.code == 3
        assert name in done.err


SAMPLES = Path(BOOT).parent


@pytest.fixture
def space(tiny_folder: Path) -> str:
    """A folder of a tiny space."""
    from sensorium.models.nano_space.folder import begin, save_space

    save_space(tiny_folder.parent / "space", begin(tiny_folder))
    return str(tiny_folder.parent / "space")


def test_all_kinds_of_files_lie_in_one_space(run: Run, space: str, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("an ankle boot")
    files = (BOOT, str(SAMPLES / "seven.wav"), str(SAMPLES / "moving.mp4"), str(tmp_path / "words.txt"))
    done = run("embed", *files, "--text", "an ankle boot", "--model", space, "--json")
    found = json.loads(done.out)
    rows = np.array([item["embedding"] for item in found["items"]])
    assert (done.code, rows.shape) == (0, (5, 256))
    np.testing.assert_allclose(rows[3], rows[4], atol=1e-5)


def test_fewer_dimensions_are_the_first_ones_made_longer(run: Run, space: str) -> None:
    whole, cut = (json.loads(run("embed", BOOT, "--model", space, *more).out) for more in ((), ("--dimensions", "64")))
    assert len(cut) == 64
    np.testing.assert_allclose(cut, np.array(whole[:64]) / np.linalg.norm(whole[:64]), atol=1e-5)


def test_a_table_in_a_file(run: Run, space: str, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    done = run("embed", BOOT, "--text", "a boot", "--model", space, "--out", str(tmp_path / "x.parquet"))
    table = parquet.read_table(tmp_path / "x.parquet").to_pydict()
    assert (done.code, table["kind"], table["item"]) == (0, ["file", "text"], [BOOT, "a boot"])
    assert [len(row) for row in table["embedding"]] == [256, 256]
