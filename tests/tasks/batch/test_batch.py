"""A line for each line: through faults, kills and two Ray workers, against the bundled model."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from sensorium.cli.main import main
from sensorium.core.errors import EngineError, UsageError
from sensorium.media.encode import encode_image
from sensorium.media.types import Image
from sensorium.runtime import together
from sensorium.runtime.load import load
from sensorium.tasks.batch.answering import TOGETHER, answer, answer_here
from sensorium.tasks.batch.jobs import Job, read_jobs
from sensorium.tasks.batch.results import Result, Results

if TYPE_CHECKING:
    from sensorium.runtime.protocol import Model

SEED = np.random.default_rng(0)


def questions(folder: Path, lines: list[Any]) -> Path:
    path = folder / "in.jsonl"
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
    return path


def picture(folder: Path, name: str = "a.png") -> str:
    (folder / name).write_bytes(encode_image(Image(SEED.integers(0, 256, (40, 50, 3), np.uint8))))
    return name


def results(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def ask(source: Path, target: Path, *more: str) -> int:
    return main(["batch", str(source), "-o", str(target), *more])


def test_each_line_gets_one_result_and_faults_hurt_only_themselves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = picture(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    source = questions(
        tmp_path,
        [
            {"id": "one", "question": "What is this?", "files": [name], "max_tokens": 4},
            {"id": "two", "question": "What is this?", "files": ["broken.png"]},
            {"id": "three", "question": ""},
            "{no json",
            "",
            {"id": 6, "question": "What?", "colour": "red"},
            {"id": "seven", "question": "What is this?", "files": [name], "temperature": "hot"},
            {"id": "eight", "question": "你好", "max_tokens": 4},
        ],
    )
    target = tmp_path / "out.jsonl"
    assert ask(source, target, "--json") == 3
    found = sorted(results(target), key=lambda each: each["line"])
    assert [(each["line"], each["status"]) for each in found] == [
        (1, "ok"), (2, "refused"), (3, "refused"), (4, "refused"), (6, "refused"), (7, "refused"), (8, "ok"),
    ]  # fmt: skip
    assert [each["id"] for each in found] == ["one", "two", "three", "", "6", "seven", "eight"]
    assert found[0]["answer"]
    assert found[0]["completion_tokens"] <= 4
    assert "broken.png" in found[1]["error"]
    assert "unknown key 'colour'" in found[4]["error"]
    assert json.loads(capsys.readouterr().out) == {"ok": 2, "refused": 5, "failed": 0, "output": str(target)}


def test_it_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = questions(tmp_path, [{"id": str(each), "question": "Hi?", "max_tokens": 2} for each in range(4)])
    whole, target = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    assert ask(source, whole) == 0
    lines = whole.read_bytes().splitlines(keepends=True)
    target.write_bytes(lines[0] + lines[1] + lines[2][:9])  # as a kill in the middle of a line leaves it
    assert ask(source, target) == 0
    assert target.read_bytes().startswith(lines[0] + lines[1])
    assert [each["answer"] for each in results(target)] == [each["answer"] for each in results(whole)]
    assert "2 of 4 are done" in capsys.readouterr().err
    before = target.read_bytes()
    assert ask(source, target) == 0
    assert target.read_bytes() == before


def test_what_was_not_answered_is_asked_again_where_that_is_wished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[Any] = [{"id": "a", "question": "Hi?", "max_tokens": 2}, {"id": "b", "question": ""}, "{no"]
    target = tmp_path / "out.jsonl"
    assert ask(questions(tmp_path, lines), target) == 3
    answered = next(line for line in target.read_bytes().splitlines(keepends=True) if b'"line": 1,' in line)
    lines[1:] = [{"id": "b", "question": "And?", "max_tokens": 2}, "{no"]
    source = questions(tmp_path, lines)
    assert ask(source, target) == 2
    assert "--retry asks those anew" in capsys.readouterr().err
    assert ask(source, target, "--retry") == 3
    assert target.read_bytes().startswith(answered)
    found = sorted(results(target), key=lambda each: each["line"])
    assert [(each["line"], each["status"]) for each in found] == [(1, "ok"), (2, "ok"), (3, "refused")]
    before = target.stat().st_ino
    source.write_text("".join(source.read_text().splitlines(keepends=True)[:2]))
    assert ask(source, target, "--retry") == 0
    whole = target.stat().st_ino
    assert whole != before
    assert ask(source, target, "--retry") == 0
    assert target.stat().st_ino == whole  # there is nothing to forget
    with Results(target), pytest.raises(UsageError, match="another process writes"):
        Results(target, retry=True)


def test_an_id_stands_once(tmp_path: Path) -> None:
    asked = [{"id": each, "question": "Hi?"} for each in ("a", "b", "a", 6, "6", "", "")]
    faults = [job.fault for job in read_jobs(questions(tmp_path, asked))]
    assert [bool(fault) for fault in faults] == [False, False, True, False, True, False, False]
    assert faults[2] == "line 3: the id 'a' is that of line 1. Give it another."


def test_other_questions_or_another_file_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with Results(target) as file:
        assert not file.has(Job(1, "a"))
        file.add(Result(1, "a", "ok", "x"))
        with pytest.raises(UsageError, match="another process writes"):
            Results(target)
        with pytest.raises(UsageError, match="line 1 was answered when it asked something else"):
            file.has(Job(1, "a", "other words"))
        assert file.has(Job(1, "a"))
        assert not file.has(Job(2, "b"))
    for words in ("my notes\n", "my notes", "{}", "[1]\n"):
        (tmp_path / "notes").write_text(words)
        with pytest.raises(UsageError, match="something else"):
            Results(tmp_path / "notes")
        assert (tmp_path / "notes").read_text() == words


def test_what_a_model_raises_is_a_result() -> None:
    class Raises:
        name = "x"

        def __init__(self, error: Exception) -> None:
            self.error = error

        def ask(self, question: str, *files: object, **options: object) -> Any:
            raise self.error

        stream = chat = ask

    job = Job(3, "c", "?")
    assert answer(cast("Model", Raises(EngineError("no memory"))), job).status == "failed"
    assert answer(cast("Model", Raises(ValueError("bug"))), job).error == "ValueError: bug"


def test_jobs_at_once_get_the_answers_that_they_get_alone(tmp_path: Path) -> None:
    names = [picture(tmp_path, f"{number}.png") for number in range(2)]
    asked = [
        {"id": str(each), "question": f"What is this? {'Say it. ' * (each % 3)}", "max_tokens": 2 + 5 * (each % 4)}
        | ({"files": [names[each % 2]]} if each % 3 else {})
        | ({"temperature": 1.5, "seed": each} if each % 2 else {})
        for each in range(TOGETHER + 3)
    ]
    model, jobs = load(), list(read_jobs(questions(tmp_path, [*asked[:4], {"question": ""}, *asked[4:]])))
    read = 0

    def watched() -> Iterator[Job]:
        nonlocal read
        for job in jobs:
            read += 1
            yield job

    found = answer_here(model, watched())
    first = next(found)
    assert (first.status, first.line) == ("refused", 5)  # known at once
    assert read == 5
    at_once = {each.line: each for each in (first, *found)}
    assert list(at_once) != sorted(at_once)  # short ones first
    for job in jobs:
        one, other = at_once[job.line], answer(model, job)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        assert replace(one, confidence=None, seconds=0.0) == replace(other, confidence=None, seconds=0.0)


def test_what_does_not_fit_beside_others_is_asked_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "room_for", lambda parts, most: 1)
    jobs = list(read_jobs(questions(tmp_path, [{"question": "What is this?", "max_tokens": 3}] * 2)))
    assert [each.status for each in answer_here(load(), jobs)] == ["ok", "ok"]


def test_paths_are_relative_to_the_file_and_data_stays(tmp_path: Path) -> None:
    source = questions(tmp_path, [{"question": "?", "files": ["b/a.png", "/c.png", "data:text/plain,x"]}])
    (job,) = read_jobs(source)
    assert job.files == (str(tmp_path / "b/a.png"), "/c.png", "data:text/plain,x")


@pytest.mark.slow
def test_killed_at_any_moment_every_line_is_there_once(tmp_path: Path) -> None:
    source = questions(tmp_path, [{"id": str(each), "question": "Hi?", "max_tokens": 8} for each in range(300)])
    target = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "sensorium", "batch", str(source), "-o", str(target)]
    for _ in range(2):
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        had = target.stat().st_size if target.exists() else 0
        while run.poll() is None and (not target.exists() or target.stat().st_size < had + 2000):
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    assert [each["line"] for each in results(target)] == list(range(1, 301))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_two_ray_workers_answer_as_one_process_does(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    name = picture(tmp_path)
    source = questions(
        tmp_path,
        [
            {"id": str(each), "question": f"What is in picture {each}?", "files": [name], "max_tokens": 4}
            for each in range(12)
        ]
        + [{"id": "bad", "question": "?", "files": ["nowhere.png"]}],
    )
    alone, spread = tmp_path / "alone.jsonl", tmp_path / "spread.jsonl"
    assert ask(source, alone) == ask(source, spread, "--ray", "2") == 3
    by_line = {each["line"]: each for each in results(spread)}
    assert len(results(spread)) == len(by_line) == 13
    for each in results(alone):
        found = by_line[each["line"]]
        assert (found["id"], found["status"], found["answer"]) == (each["id"], each["status"], each["answer"])
