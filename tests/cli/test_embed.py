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
