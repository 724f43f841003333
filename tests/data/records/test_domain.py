"""Records as a domain: drawn by generator, held out by picture, bad ones noted and passed over."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.data.mixture import messages
from sensorium.data.records.domain import RecordDomain
from sensorium.data.records.skipped import Skipped
from sensorium.data.records.source import open_records
from sensorium.data.records.told import Told

Write = Callable[..., Path]


def domain(path: Path, validation: Any = 0.3, skipped: Skipped | None = None) -> RecordDomain:
    return RecordDomain("boots", open_records(path), validation=validation, skipped=skipped or Skipped())


def drawn(made: RecordDomain, seed: int, count: int = 60) -> list[Told]:
    rng = np.random.default_rng(seed)
    return [made.train(rng) for _ in range(count)]


def test_a_sample_is_a_function_of_the_generator(boots: Path) -> None:
    first, second = ([each.source for each in drawn(domain(boots), 5)] for _ in range(2))
    assert first == second
    assert first != [each.source for each in drawn(domain(boots), 6)]


def test_a_picture_is_on_one_side_only(boots: Path) -> None:
    made = domain(boots)
    held_out = {made.validation(index).media[0].source for index in range(made.validation_size)}
    trained = {each.media[0].source for each in drawn(made, 0, 300)}
    assert held_out | trained == {f"{number}.png" for number in range(10)}
    assert held_out & trained == set()
    assert held_out


def test_all_turns_train_and_one_is_validated(boots: Path) -> None:
    made = domain(boots)
    trained, held_out = drawn(made, 0, 1)[0], made.validation(0)
    assert [turn.answer for turn in trained.turns][1] == "the same"
    assert len(held_out.turns) == 1
    assert [message.role for message in messages(held_out)] == ["user", "assistant"]
    with pytest.raises(UsageError, match="validation sample 99"):
        made.validation(99)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_the_share_is_about_what_was_said(boots: Path, share: float) -> None:
    assert domain(boots, share).validation_size == pytest.approx(40 * share, abs=4)


def test_of_few_records_one_is_held_out_and_one_is_left(write: Write) -> None:
    rows = [{"instruction": f"Question {number}?", "output": "yes"} for number in range(3)]
    assert domain(write(rows), 0.1).validation_size == 1
    assert domain(write(rows[:1]), 0.5).validation_size == 0


def test_nothing_or_another_file_held_out(boots: Path) -> None:
    assert domain(boots, 0.0).validation_size == 0
    other = domain(boots, open_records(boots))
    assert (other.validation_size, len({each.source for each in drawn(other, 0, 300)})) == (40, 40)


def test_bad_records_are_noted_and_passed_over(boots: Path, tmp_path: Path) -> None:
    rows = json.loads(boots.read_text())
    rows[0]["conversations"][1]["value"] = ""
    rows[1]["image"] = "nothing.png"
    boots.write_text(json.dumps(rows))
    skipped = Skipped(tmp_path / "run" / "skipped.jsonl")
    sources = {each.source for each in drawn(domain(boots, 0.0, skipped), 0, 400)}
    assert len(sources) == 38
    lines = [json.loads(line) for line in (tmp_path / "run" / "skipped.jsonl").read_text().splitlines()]
    assert {line["record"]: line["reason"] for line in lines} == skipped.reasons
    assert "is empty" in skipped.reasons[f"{boots}, record 0"]
    assert "no such file" in skipped.reasons[f"{boots}, record 1"]


def test_a_held_out_record_without_its_picture_is_replaced(boots: Path) -> None:
    first = domain(boots, 0.8).validation(0)
    (boots.parent / first.media[0].source).unlink()
    assert domain(boots, 0.8).validation(0).media[0].source != first.media[0].source


def test_when_nothing_can_be_used(write: Write) -> None:
    row = {"messages": [{"role": "user", "content": "What?"}, {"role": "assistant", "content": ""}]}
    with pytest.raises(UnreadableMedia, match=r"no record to train on\. See .* sensorium data check"):
        drawn(domain(write([row])), 0)
    talk = [{"from": "user", "value": "<image>"}, {"from": "gpt", "value": "a"}]
    path = write([{"image": "nothing.png", "conversations": talk}])
    with pytest.raises(UnreadableMedia, match="50 records in a row cannot be used"):
        drawn(domain(path, 0.0), 0)
