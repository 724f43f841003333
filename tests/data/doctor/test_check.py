"""A file of records with one of everything: each fault is found once, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.data.pictures import scene

from sensorium.data.doctor.check import check
from sensorium.data.doctor.findings import Report
from sensorium.data.doctor.lens import Lens
from sensorium.data.records.record import Kind
from sensorium.data.records.source import Records, open_records
from sensorium.media.encode import encode_image
from sensorium.media.types import Image

Make = Callable[..., Records]


@pytest.fixture(autouse=True)
def _pictures(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(scene(number))
    (tmp_path / "cut.png").write_bytes(scene(1)[:100])


def kinds(report: Report) -> dict[Kind, list[int]]:
    return {kind: [each.number for each in found] for kind, found in report.by_kind()}


def test_all_is_well(make: Make) -> None:
    report = check([make([("0.png", "What?", "a"), ("1.png", "What?", "b"), ("", "Hello?", "Hi")])], workers=0)
    assert (report.records, report.usable, report.media, report.findings) == (3, 3, 2, ())
    assert report.sound


def test_one_of_everything(make: Make, tmp_path: Path) -> None:
    (tmp_path / "broad.png").write_bytes(encode_image(Image(np.zeros((1, 300, 3), np.uint8))))
    records = make(
        [
            *(("0.png", "What?", "a"), ("none.png", "What?", "a"), ("cut.png", "What?", "a"), ("1.png", "What?", " ")),
            *(("2.png", "<image>What?", "a"), ("0.png", "What?", "a"), ("broad.png", "What?", "a")),
            ("https://example.org/a.png", "What?", "a"),
        ]
    )
    report = check([records], workers=0)
    assert kinds(report) == {
        "empty": [3],
        "placeholders": [4],
        "missing": [1],
        "corrupt": [2],
        "unsupported": [7],
        "oversize": [6],
        "duplicate": [5],
    }
    assert (report.records, report.usable, report.sound) == (8, 2, False)
    assert str(report.findings[0]).startswith(str(records.path))


def test_leaks_between_files(make: Make, tmp_path: Path) -> None:
    (tmp_path / "near.jpg").write_bytes(scene(2, kind="jpeg", quality=70))
    train = make(
        [("0.png", "What?", "a"), ("1.png", "What?", "b"), ("2.png", "What?", "c"), ("", "Hi?", "Hi")], "t.jsonl"
    )
    held_out = make(
        [
            *(("0.png", "What is it?", "a"), ("1.png", "What colour?", "blue"), ("near.jpg", "What?", "c")),
            *(("3.png", "What?", "d"), ("", "Hi?", "Hi")),
        ],
        "v.jsonl",
    )
    report = check([train, held_out], workers=0)
    assert kinds(report) == {"leak": [0, 4], "alike": [1, 2]}
    assert all(each.source.startswith(str(held_out.path)) for each in report.findings)
    assert (report.usable, report.sound) == (9, False)
    assert "looks like one of" in str(report.findings[-1])


def test_splits_that_records_name(make: Make, tmp_path: Path) -> None:
    train = make([("0.png", "What?", "a")], "t.jsonl", split="train")
    held_out = make([("0.png", "What?", "a")], "v.jsonl", split="test")
    both = tmp_path / "both.jsonl"
    both.write_text(train.path.read_text() + "\n" + held_out.path.read_text())
    assert kinds(check([open_records(both)], workers=0)) == {"leak": [1]}


def test_talks_that_are_too_long(make: Make, lens: Lens) -> None:
    records = make([("0.png", "What?", "a"), ("0.png", "What?", "long " * 300), ("cut.png", "What?", "b")])
    report = check([records], lens=lens, workers=0)
    assert kinds(report) == {"corrupt": [2], "long": [1]}
    assert "is more than the 256" in str(report.findings[0])


def test_progress_is_told(make: Make) -> None:
    heard: list[int] = []
    check([make([("", "Hi?", str(number)) for number in range(3)])], workers=0, progress=heard.append)
    assert heard == [1, 2, 3]
