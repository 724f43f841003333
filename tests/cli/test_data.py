"""`data check`: what is found and how it ends; one record as a model sees it, in the terminal or on a page."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path, picture: str) -> Path:
    """Two good records, one of them twice, and one whose picture is not there."""
    name = Path(picture).name
    rows = [
        {"image": each, "conversations": [{"from": "human", "value": "<image>What?"}, {"from": "gpt", "value": answer}]}
        for each, answer in ((name, "red"), (name, "red"), (name, "a red one"), ("none.png", "blue"))
    ]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(rows))
    return path


def test_what_is_found(run: Run, file: Path) -> None:
    done = run("data", "check", str(file))
    assert done.code == 1
    head, missing, second, duplicate, last = done.out.splitlines()
    assert head == "missing: 1 (a medium is not there)"
    assert missing.startswith(f"    {file}, record 3: ")
    assert "no such file" in missing
    assert second == "duplicate: 1 (media and texts are those of an earlier record)"
    assert duplicate == f"    {file}, record 1: the same as {file}, record 0. Leave one out."
    assert last == "4 records, 2 media; 3 records can be trained on"


def test_json_and_media_elsewhere(run: Run, file: Path, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "red.png").rename(tmp_path / "pictures" / "red.png")
    done = run("data", "check", str(file), "--media", str(tmp_path / "pictures"), "--json")
    told = json.loads(done.out)
    assert (done.code, told["usable"], told["counts"]) == (1, 3, {"missing": 1, "duplicate": 1})


def test_all_is_well(run: Run, tmp_path: Path) -> None:
    rows = [{"talk": [{"who": "user", "said": "Hi"}, {"who": "assistant", "said": "Hello"}]}]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    columns = [word for each in ("messages=talk", "role=who", "content=said") for word in ("--column", each)]
    done = run("data", "check", str(tmp_path / "a.json"), *columns)
    assert (done.code, done.out) == (0, "1 records, 0 media; 1 records can be trained on\n")


def test_one_record_as_a_model_sees_it(run: Run, file: Path, tiny: str, tmp_path: Path) -> None:
    done = run("data", "check", str(file), "--show", "0", "--model", tiny)
    assert (done.code, done.out.count("«"), "image red.png: " in done.out) == (0, 1, True)
    page = tmp_path / "page.html"
    assert run("data", "check", str(file), "--show", "2", "--model", tiny, "--html", str(page)).out == ""
    assert "data:image/png;base64," in page.read_text()


def test_tokens_of_a_model(run: Run, file: Path, tiny: str) -> None:
    rows = json.loads(file.read_text())
    rows[2]["conversations"][1]["value"] = "long " * 2000
    file.write_text(json.dumps(rows))
    told = json.loads(run("data", "check", str(file), "--model", tiny, "--json").out)
    assert told["counts"]["long"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--show", "9"), "there are records 0 to 3"),
        (("--html", "page.html"), "Add --show 0"),
        (("--column", "messages"), "expected OURS=THEIRS"),
        (("--column", "talk=x"), "there is no 'talk'"),
        (("--show", "0", "--html", "no/such/page.html"), "expected to write there"),
    ],
)
def test_wrong_use(run: Run, file: Path, tiny: str, arguments: tuple[str, ...], message: str) -> None:
    done = run("data", "check", str(file), *arguments, "--model", tiny)
    assert (done.code, message in done.err) == (2, True), done.err


def test_one_file_to_show_from(run: Run, file: Path) -> None:
    assert "got 2 files" in run("data", "check", str(file), str(file), "--show", "0").err


def test_no_such_file(run: Run, tmp_path: Path) -> None:
    done = run("data", "check", str(tmp_path / "none.json"))
    assert (done.code, "no such file" in done.err) == (3, True)


def test_the_command_by_itself(run: Run) -> None:
    done = run("data")
    assert (done.code, "Missing command" in done.err) == (2, True)
