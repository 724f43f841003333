"""`quantize`: a folder that can be asked, what it costs, and what cannot be is one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_what_is_written_can_be_asked(run: Run, tmp_path: Path, picture: str) -> None:
    out = str(tmp_path / "few")
    done = run("quantize", "nano", "--bits", "8", "-o", out)
    assert (done.code, done.out) == (0, f"{out}\n")
    assert "next tokens of 8 prompts: 8 are the same" in done.err
    assert "MB; files of weights: " in done.err
    assert "confidence is that of the full model's answers, and left out here" in done.err
    few = json.loads(run("ask", "--model", out, "--json", picture, "What is this?").out)
    assert few["confidence"] is None
    full = json.loads(run("ask", "--json", picture, "What is this?").out)
    assert few["answer"] == full["answer"]


def test_four_bits_are_farther_off_and_smaller(run: Run, tmp_path: Path) -> None:
    eight, four = (
        json.loads(run("quantize", "nano", "--bits", bits, "--json", "-o", str(tmp_path / bits)).out)
        for bits in ("8", "4")
    )
    assert four["bytes_after"] < eight["bytes_after"] < eight["bytes_before"] / 3
    assert 0 < eight["divergence"] < four["divergence"] < 0.1


def test_other_bits_and_its_own_folder_are_refused(run: Run, tmp_path: Path) -> None:
    done = run("quantize", "nano", "--bits", "3", "-o", str(tmp_path))
    assert done.code == 2
    assert "--bits is 3; expected 8 or 4" in done.err
    run("quantize", "nano", "-o", str(tmp_path))
    done = run("quantize", str(tmp_path), "-o", str(tmp_path))
    assert (done.code, "the model itself" in done.err) == (2, True)
    done = run("quantize", str(tmp_path), "-o", str(tmp_path / "again"))
    assert (done.code, "few bits" in done.err) == (2, True)


def test_what_is_there_is_not_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for out, words in ((tmp_path, "holds files already"), (tmp_path / "mine.txt", "is a file")):
        done = run("quantize", "nano", "-o", str(out))
        assert (done.code, words in done.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
