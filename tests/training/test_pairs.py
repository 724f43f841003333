"""Pairs of answers come from a file in the usual forms; what has no worse answer is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.core.errors import ConfigError, UnreadableMedia
from sensorium.data.mixture import Share
from sensorium.data.records.skipped import Skipped
from sensorium.training.pairs import PairDomain, pair_domain


def pairs(path: Path, rows: list[dict[str, Any]], **share: Any) -> PairDomain:
    path.write_text("\n".join(map(json.dumps, rows)))
    return pair_domain("mine", Share(file=str(path), **share), Skipped())


PLAIN = [{"prompt": f"Which {number}?", "chosen": f"red {number}", "rejected": f"blue {number}"} for number in range(9)]
TALKS = [
    {
        "chosen": [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["chosen"]}],
        "rejected": [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["rejected"]}],
    }
    for row in PLAIN
]


@pytest.mark.parametrize("rows", [PLAIN, TALKS])
def test_the_better_answer_and_the_worse_one(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    domain = pairs(tmp_path / "pairs.jsonl", rows, validation=0.3)
    rng = np.random.default_rng(0)
    for pair in (*(domain.train(rng) for _ in range(8)), domain.validation(0)):
        number = pair.turns[0].question.split()[1][0]
        assert [message.text for message in pair.messages()] == [f"Which {number}?", f"red {number}"]
        assert [message.text for message in pair.worse()] == [f"Which {number}?", f"blue {number}"]
    assert (domain.name, domain.validation_size > 0) == ("mine", True)


def test_held_out_pairs_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text(json.dumps({**PLAIN[0], "rejected": "green"}))
    domain = pairs(tmp_path / "pairs.jsonl", PLAIN, validation=str(tmp_path / "other.jsonl"))
    assert domain.validation_size == 1
    assert domain.validation(0).rejected == "green"


def test_a_pair_without_a_worse_answer(tmp_path: Path) -> None:
    domain = pairs(tmp_path / "pairs.jsonl", [{**row, "rejected": ""} for row in PLAIN])
    with pytest.raises(UnreadableMedia, match=r"record \d: got no rejected answer; expected text"):
        domain.train(np.random.default_rng(0))


def test_files_that_hold_no_pairs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="got the columns prompt, response; expected chosen and rejected"):
        pairs(tmp_path / "a.jsonl", [{"prompt": "?", "response": "a"}])
    with pytest.raises(ConfigError, match="mine: preferences are learnt from a file with columns"):
        pair_domain("mine", Share(), Skipped())
