"""Every format gives the same talk; what is none says what it has."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sensorium.chat.message import Text
from sensorium.core.errors import UnreadableMedia, UnsupportedMedia
from sensorium.data.records.record import Extent, Reference
from sensorium.data.records.source import open_records

IMAGE = Reference("a.png", "image")
TALK = [("user", (IMAGE, Text("What?"))), ("assistant", (Text("a boot"),))]
FROM = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "a boot"}]
ROLE = [{"role": "user", "content": "<image>What?"}, {"role": "assistant", "content": "a boot"}]


def parts(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": [part, {"type": "text", "text": "What?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "a boot"}]},
    ]


SAME = {
    "LLaVA": {"id": "1", "image": "a.png", "conversations": FROM},
    "ShareGPT": {"images": ["a.png"], "conversations": FROM},
    "LLaMA-Factory": {"messages": ROLE, "images": ["a.png"]},
    "ms-swift": {"messages": ROLE, "images": [{"path": "a.png", "bytes": None}]},
    "the Hub": {"messages": parts({"type": "image", "text": None}), "images": ["a.png"]},
    "the Hub, path inside": {"messages": parts({"type": "image", "path": "a.png"})},
    "Qwen": {"messages": parts({"type": "image", "image": "a.png"})},
    "OpenAI": {"messages": parts({"type": "image_url", "image_url": {"url": "a.png", "detail": "low"}})},
    "Alpaca": {"instruction": "<image>What?", "input": "", "output": "a boot", "images": ["a.png"]},
    "ms-swift of old": {"query": "<image>What?", "response": "a boot", "images": ["a.png"]},
}


def said(path: Path, **options: Any) -> list[tuple[str, tuple[object, ...]]]:
    (record,) = open_records(path, **options)
    assert record.faults == ()
    return [(draft.role, draft.parts) for draft in record.messages]


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("lines", [True, False])
def test_one_talk_in_many_forms(tmp_path: Path, name: str, lines: bool) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(SAME[name] if lines else [SAME[name]]))
    assert said(path) == TALK


def test_columns_of_other_names(tmp_path: Path) -> None:
    talk = [{"who": "human", "said": "<image>What?"}, {"who": "gpt", "said": "a boot"}]
    (tmp_path / "a.json").write_text(json.dumps([{"talk": talk, "pictures": ["a.png"]}]))
    columns = {"messages": "talk", "images": "pictures", "role": "who", "content": "said"}
    assert said(tmp_path / "a.json", columns=columns) == TALK


def test_system_and_history(tmp_path: Path) -> None:
    row = {"system": "Be short.", "history": [["Hi", "Hello"]], "query": "What?", "response": "a boot"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    texts = [(role, parts[0]) for role, parts in said(tmp_path / "a.jsonl")]
    assert texts == [
        *(("system", Text("Be short.")), ("user", Text("Hi")), ("assistant", Text("Hello"))),
        *(("user", Text("What?")), ("assistant", Text("a boot"))),
    ]


def test_sounds_of_openai_are_data(tmp_path: Path) -> None:
    row = {"messages": parts({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}})}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    assert said(tmp_path / "a.jsonl")[0][1][0] == Reference("data:audio/wav;base64,UklGRg==", "audio")


def test_captions_of_a_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("filepath\ttitle\na.png\ta boot\n")
    assert said(tmp_path / "a.csv") == [("user", (Reference("a.png"),)), ("assistant", (Text("a boot"),))]


@pytest.mark.parametrize(("ending", "content"), [("txt", b"a boot"), ("json", b'{"caption": "a boot"}')])
def test_captions_of_a_tar(tmp_path: Path, ending: str, content: bytes) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, data in (("1.png", b"PNG"), (f"1.{ending}", content)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    (_, (medium,)), (_, caption) = said(tmp_path / "a.tar")
    assert isinstance(medium, Reference)
    assert isinstance(medium.source, Extent)
    assert (medium.modality, caption) == ("image", (Text("a boot"),))


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"messages": "hello"}, "got str for the messages, expected a list"),
        ({"messages": ["hello"]}, "got str for a message, expected a table"),
        ({"messages": [{"who": "me"}]}, "a message with the keys who; expected one of role, from"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "a message of 'tool'"),
        ({"messages": parts({"type": "tool_use"})}, "a part of type 'tool_use'"),
        ({"messages": ROLE, "images": [7]}, "7 for a medium of type image"),
        ({"response": "x", "query": "y", "history": [["a"]]}, "in the history, expected a question and an answer"),
    ],
)
def test_rows_that_are_not_what_they_should_be(tmp_path: Path, row: dict[str, Any], what: str) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(SAME["LLaVA"]) + "\n" + json.dumps(row))
    if "response" in row:
        (tmp_path / "a.jsonl").write_text(json.dumps(SAME["Alpaca"]) + "\n" + json.dumps(row))
    good, bad = open_records(tmp_path / "a.jsonl")
    assert good.usable
    assert not bad.usable
    assert (bad.faults[0].kind, what in bad.faults[0].what) == ("unreadable", True)


def test_columns_that_fit_nothing_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"talk": [], "pictures": []}')
    with pytest.raises(
        UnsupportedMedia, match=r"got the columns talk, pictures; expected talks \(messages.*columns: {"
    ):
        open_records(tmp_path / "a.jsonl")


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", UnreadableMedia, "empty, expected records"),
        (b"{nonsense\n", UnreadableMedia, "not JSON"),
        (b"\x1f\x8b\x08\0\0\0", UnsupportedMedia, "neither JSON, JSON lines, CSV, parquet nor a tar"),
        (b'{"data": [1]}', UnsupportedMedia, "got the columns data"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, error: type[Exception], message: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(error, match=message):
        open_records(tmp_path / "a.json")
