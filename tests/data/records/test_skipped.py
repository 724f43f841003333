"""What is left out is counted once, and listed."""

import json
from pathlib import Path

from sensorium.data.records.skipped import Skipped


def test_each_once(tmp_path: Path) -> None:
    skipped = Skipped(tmp_path / "run" / "skipped.jsonl")
    for source in ("a, record 1", "a, record 2", "a, record 1"):
        skipped.note(source, ValueError("读不了"))
    assert skipped.reasons == {"a, record 1": "读不了", "a, record 2": "读不了"}
    lines = (tmp_path / "run" / "skipped.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["record"] for line in lines] == ["a, record 1", "a, record 2"]
