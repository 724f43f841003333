"""Records to check, with pictures beside them, and the eyes of a tiny model."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sensorium.data.records.source import Records, open_records

if TYPE_CHECKING:
    from sensorium.data.doctor.lens import Lens
    from sensorium.runtime.parts import Parts

Ask = tuple[str, str, str]
"""File of the picture (empty: none), question, answer."""

Make = Callable[..., Records]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Records of (picture, question, answer): `make([("a.png", "What?", "a boot")], "train.jsonl")`."""

    def records(asked: Sequence[Ask], name: str = "a.jsonl", **more: Any) -> Records:
        rows = [
            {
                "messages": [
                    {"role": "user", "content": ("<image>" if file else "") + question},
                    {"role": "assistant", "content": answer},
                ],
                "images": [file] if file else [],
                **more,
            }
            for file, question, answer in asked
        ]
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
        return open_records(tmp_path / name)

    return records


@pytest.fixture
def lens(tiny_parts: "Parts") -> "Lens":
    """The eyes of a tiny `nano`, which takes 256 tokens."""
    from sensorium.data.doctor.lens import Lens

    model = tiny_parts.model
    return Lens("tiny", model.assembler, model.tokenizer, model.max_tokens)
