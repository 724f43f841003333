"""JSON of any size and shape gives its rows, in order and by number; damage is told and costs little."""

import io
import json
from pathlib import Path

import pytest

from sensorium.data.records import json_rows as module
from sensorium.data.records.json_rows import json_rows, scan_array, scan_lines
from sensorium.data.records.rows import TextRows

ROWS = [{"a": "x" * number, "é": '读\\"[]{}', "n": {"deep": [number]}} for number in range(30)]


def rows(tmp_path: Path, text: str, *, lines: bool) -> TextRows:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    return json_rows(tmp_path / "a.json", lines=lines)


@pytest.fixture(params=[1, 3, 7, 1 << 20])
def _chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is taken in pieces of so many bytes at first."""
    monkeypatch.setattr(module, "_CHUNK", request.param)


@pytest.mark.usefixtures("_chunks")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("start", ["", "\ufeff", " \n"])
def test_an_array(tmp_path: Path, indent: int | None, start: str) -> None:
    read = rows(tmp_path, start + json.dumps(ROWS, ensure_ascii=False, indent=indent), lines=False)
    assert [row.values for row in read] == ROWS
    assert [read[number].values for number in (29, 0, 13)] == [ROWS[29], ROWS[0], ROWS[13]]
    assert (len(read), read[13].number) == (30, 13)


def test_lines_blank_ones_left_out(tmp_path: Path) -> None:
    text = "\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    read = rows(tmp_path, text, lines=True)
    assert [row.values for row in read] == ROWS
    assert (len(read), read[29].values) == (30, ROWS[29])


def test_a_bad_line_costs_itself_only(tmp_path: Path) -> None:
    read = rows(tmp_path, '{"a": 1}\n{"a": \n[1]\n{"a": 2}\n', lines=True)
    assert [row.values for row in read] == [{"a": 1}, {}, {}, {"a": 2}]
    faults = [row.fault for row in read]
    assert faults[0] is faults[3] is None
    assert faults[1] is not None
    assert "not JSON" in faults[1][0]
    assert faults[2] == ("got list, expected an object with keys", "Correct this line.")


def test_a_line_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a": "\xff"}\n{"a": 2}\n')
    first, second = json_rows(tmp_path / "a.jsonl", lines=True)
    assert first.fault is not None
    assert "byte 7 is not UTF-8" in first.fault[0]
    assert second.values == {"a": 2}


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2', '[{"a": 1}, nonsense, {"a": 3}]', '[{"a": 1}'])
def test_a_broken_array_is_read_so_far(tmp_path: Path, text: str) -> None:
    first, rest = rows(tmp_path, text, lines=False)
    assert first.values == {"a": 1}
    assert rest.fault is not None
    assert "What follows is not read" in rest.fault[1]


def test_an_array_of_something_else(tmp_path: Path) -> None:
    (only,) = rows(tmp_path, "[[1, 2], [3]]", lines=False)
    assert only.fault is not None


def test_an_array_is_never_whole_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 100)
    text = json.dumps([{"a": number} for number in range(10_000)]).encode()
    file = io.BytesIO(text)
    found = scan_array(file)
    for _ in range(100):
        next(found)
    assert file.tell() < 2_000 < len(text)
    assert sum(1 for _ in found) == 9_900


def test_a_line_longer_than_a_row_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    found = list(scan_lines(io.BytesIO(b'{"a": 1}\n{"a": "' + b"x" * 50 + b'"}\n{"a": 2}')))
    assert [each.offset for each in found] == [0, 9, 69]
    parsed = [module.parse_line(each.raw, 0) for each in found]
    assert [row.values for row in parsed] == [{"a": 1}, {}, {"a": 2}]
    assert parsed[1].fault is not None
    assert "a line of over" in parsed[1].fault[0]
