"""`data answer`: a file is answered by a model, and what it says can be checked and trained on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
Place = Callable[..., Any]


def test_a_file_is_answered(run: Run, scripted: Place, picture: str, tmp_path: Path) -> None:
    model = scripted()
    rows = [
        {"image": name, "conversations": [{"from": "human", "value": "<image>What?"}, {"from": "gpt", "value": "old"}]}
        for name in (picture, "none.png")
    ]
    (tmp_path / "mine.json").write_text(json.dumps(rows))
    out = tmp_path / "out.jsonl"
    done = run("data", "answer", str(tmp_path / "mine.json"), "-o", str(out), "--max-tokens", "9")
    assert (done.code, done.out) == (0, "1 records answered, 1 failed\n")
    assert [asked[:2] for asked in model.asked] == [("What?", 1)]
    assert model.asked[0][2]["max_tokens"] == 9
    assert json.loads(out.read_text().splitlines()[0])["messages"][1]["content"] == "a boot"
    checked = run("data", "check", str(out))
    assert "record 1: was not answered: none.png: no such file" in checked.out
    assert checked.out.endswith("2 records, 1 media; 1 records can be trained on\n")


def test_nothing_answered_is_no_success(run: Run, scripted: Place, tmp_path: Path) -> None:
    scripted()
    (tmp_path / "mine.csv").write_text("filepath,title\nnone.png,a boot\n")
    done = run("data", "answer", str(tmp_path / "mine.csv"), "-o", str(tmp_path / "out.jsonl"))
    assert (done.code, done.out) == (1, "0 records answered, 1 failed\n")
    assert "sensorium data check" in done.err


def test_where_nothing_can_be_written(run: Run, scripted: Place, tmp_path: Path) -> None:
    scripted()
    (tmp_path / "mine.csv").write_text("question,answer\nWhat?,that\n")
    done = run("data", "answer", str(tmp_path / "mine.csv"), "-o", str(tmp_path / "no" / "out.jsonl"))
    assert (done.code, "expected to write there" in done.err) == (2, True)
