"""Records are answered anew once each, whatever happens on the way, and are read again as any other."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.data.pictures import picture

from sensorium.chat.message import Answer, Text, Usage
from sensorium.core.errors import ConfigError, EngineError
from sensorium.data.records.answered import Answered, Talk, answer_records
from sensorium.data.records.media import read_messages
from sensorium.data.records.source import Records, open_records
from sensorium.media.types import Media

Write = Callable[..., Path]


class Teacher:
    """Counts the questions of each talk; some it does not answer as it should."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    def __call__(self) -> Talk:
        asked = 0

        def answer(question: str, media: Sequence[Media]) -> Answer:
            nonlocal asked
            asked += 1
            self.heard.append((question, len(media)))
            if question == "Stop":
                raise KeyboardInterrupt
            if question == "Break":
                raise EngineError("The model broke.")
            text = {"Hush": "", "Point": "at <image>"}.get(question, f"answer {asked}")
            finish: Any = "length" if question == "Tell" else "stop"
            return Answer("assistant", (Text(text),), finish_reason=finish, usage=Usage(3, 5))

        return answer


def asked(*questions: str, **values: Any) -> dict[str, Any]:
    messages = [message for each in questions for message in (said("user", each), said("assistant", "old"))]
    return {"messages": messages, **values}


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def answer(path: Path, out: Path, teacher: Teacher | None = None, model: str = "large") -> Answered:
    reports: list[Answered] = []
    begin = teacher or Teacher()
    found = answer_records(open_records(path), out, model=model, begin=begin, report=reports.append)
    assert not reports or reports[-1] == found
    return found


def talks(records: Records) -> list[list[str]]:
    return [[message.text for message in record.messages] for record in records if record.usable]


def test_every_question_is_answered_in_its_talk(write: Write, tmp_path: Path) -> None:
    rows = [asked("<image>What?", "And?", images=["red.png"]), {**asked("Who?"), "system": "Be short."}]
    (tmp_path / "red.png").write_bytes(picture((255, 0, 0)))
    teacher, out = Teacher(), tmp_path / "made" / "out.jsonl"
    out.parent.mkdir()
    assert answer(write(rows), out, teacher) == Answered(2, 0, 2)
    assert teacher.heard == [("What?", 1), ("And?", 0), ("Be short.\n\nWho?", 0)]
    records = open_records(out)
    assert talks(records) == [["What?", "answer 1", "And?", "answer 2"], ["Be short.", "Who?", "answer 1"]]
    assert json.loads(out.read_text().splitlines()[0])["messages"][0]["content"][0]["image"] == "../red.png"
    shown = read_messages(records[0], records.media)[0].media
    assert [medium.modality for medium in shown] == ["image"]


def test_media_inside_a_file_are_written_down_whole(tmp_path: Path, write: Write) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    red = picture((255, 0, 0))
    table = pyarrow.table({"messages": [asked("<image>What?")["messages"]], "images": [[{"bytes": red, "path": None}]]})
    parquet.write_table(table, tmp_path / "a.parquet")
    out = tmp_path / "out.jsonl"
    assert answer(tmp_path / "a.parquet", out).answered == 1
    (tmp_path / "a.parquet").unlink()
    records = open_records(out)
    assert [each.modality for each in read_messages(records[0], records.media)[0].media] == ["image"]


def test_what_fails_is_marked_and_left_out(write: Write, tmp_path: Path) -> None:
    rows = [
        asked("Break"),
        asked("<image>What?", images=["none.png"]),
        asked("Tell"),
        asked("Hush"),
        asked("Point"),
        {"messages": [said("user", "No answer")]},
        asked("Well?"),
    ]
    out = tmp_path / "out.jsonl"
    assert answer(write(rows), out) == Answered(1, 6, 7)
    failed = [json.loads(line).get("failed", "") for line in out.read_text().splitlines()]
    for found, words in zip(
        failed,
        ("The model broke.", "no such file", "cut off after 5 tokens", "is empty", "<image>", "take turns", ""),
        strict=True,
    ):
        assert words in found
    assert talks(open_records(out)) == [["Well?", "answer 1"]]


def test_what_was_left_half_way_is_gone_on_with(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        answer(write([asked("One?"), asked("Break"), asked("Stop"), asked("Four?")]), out)
    with out.open("a") as file:
        file.write('{"record": "half a li')
    teacher = Teacher()
    found = answer(write([asked("One?"), asked("Break"), asked("Three?"), asked("Four?")]), out, teacher)
    assert found == Answered(3, 1, 4)
    assert [question for question, _ in teacher.heard] == ["Three?", "Four?"]
    assert answer(tmp_path / "a.jsonl", out, teacher) == found
    assert len(teacher.heard) == 2


def test_other_answers_are_not_mixed_in(write: Write, tmp_path: Path) -> None:
    path, out = write([asked("One?")]), tmp_path / "out.jsonl"
    answer(path, out)
    with pytest.raises(ConfigError, match=r"line 1 is of .*record 0 and large; expected .*record 0 and small"):
        answer(path, out, model="small")
    with pytest.raises(ConfigError, match="the same file for questions and answers"):
        answer(path, path)
    out.write_text("boots\n")
    with pytest.raises(ConfigError, match="a line that is not JSON"):
        answer(path, out)
