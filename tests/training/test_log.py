"""The log is a line of JSON for each entry; it tells when media do not matter, and when a run is stale."""

from pathlib import Path

import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.training.log import HeldOut, Log, append_entry, entry, is_stale, read_log, write_log


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first = entry(5, {"a": [1.0, 2.0]}, None)
    second = entry(10, {"a": [1.0]}, {"a": HeldOut(0.5, 1.23456, None), "b": HeldOut(1.0, 1.0, 3.0)})
    write_log(path, [first])
    append_entry(path, second)
    assert read_log(path) == [first, second]
    assert first == {"step": 5, "loss": {"a": 1.5}}
    assert second["validation"] == {"a": 0.5, "b": 1.0}
    assert second["held_out"] == {"a": [1.2346, None], "b": [1.0, 3.0]}


@pytest.mark.parametrize("content", [None, "{", "half a li"])
def test_what_is_no_log(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "log.jsonl").write_text(content)
    with pytest.raises(UnreadableMedia, match=r"log\.jsonl: not a readable log .*Give the folder of a run"):
        read_log(tmp_path / "log.jsonl")


@pytest.mark.parametrize(("blanked", "blind"), [(None, False), (1.0, True), (0.9, True), (1.01, True), (1.1, False)])
def test_blind_is_who_does_not_miss_the_media(blanked: float | None, blind: bool) -> None:
    assert HeldOut(0.0, 1.0, blanked).blind is blind


@pytest.mark.parametrize(
    ("losses", "patience", "stale"),
    [
        ([3.0, 2.0, 2.5, 2.1], 2, True),
        ([3.0, 2.0, 2.5, 2.1], 3, False),
        ([3.0, 2.0, 2.5, 1.9], 2, False),
        ([3.0, 3.0], 1, True),
        ([3.0], 1, False),
        ([], 1, False),
        ([3.0, 4.0, 5.0], None, False),
    ],
)
def test_patience(losses: list[float], patience: int | None, stale: bool) -> None:
    log: Log = [entry(0, {"a": [9.0]}, None)]
    log += [{"step": 1, "loss": {}, "held_out": {"a": [loss, None], "b": [1.0, None]}} for loss in losses]
    assert is_stale(log, patience) is stale
