"""Files of records and small pictures, made where a test needs them."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.data.pictures import picture

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows as JSON lines, or as one array: `write([{...}], name="a.json")`."""

    def make(rows: Iterable[dict[str, Any]], name: str = "a.jsonl") -> Path:
        path = tmp_path / name
        if name.endswith(".json"):
            path.write_text(json.dumps(list(rows), ensure_ascii=False), encoding="utf-8")
        else:
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return make


@pytest.fixture
def boots(tmp_path: Path, write: Write) -> Path:
    """Forty records about ten pictures, in LLaVA's form; picture n is asked about four times."""
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(picture((20 * number, 100, 200 - 20 * number)))
    return write(
        (
            {
                "image": f"{number % 10}.png",
                "conversations": [
                    {"from": "human", "value": f"<image>\nQuestion {number}?"},
                    {"from": "gpt", "value": f"answer {number}"},
                    {"from": "human", "value": "And again?"},
                    {"from": "gpt", "value": "the same"},
                ],
            }
            for number in range(40)
        ),
        "boots.json",
    )
