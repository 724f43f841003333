"""A size that the weights do not have is found in config.json, by its whole key."""

import json
from pathlib import Path

import pytest

from sensorium.weights.suspects import Odd, suspects

CONFIG = {"model_type": "x", "text_config": {"hidden_size": 7777, "vocab_size": 90, "tied": True}, "bos_token_id": 1}


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({}, ""),
        ({(8, 4): 3}, ""),
        (
            {(7777, 64): 3, (90, 80): 1},
            " config.json says text_config.hidden_size 7777, and the weights have 64 there.",
        ),
        ({(8, 4): 9, (90, 80): 1}, " config.json says text_config.vocab_size 90, and the weights have 80 there."),
    ],
)
def test_the_key_of_the_size_that_is_missed_most(
    tmp_path: Path, odd: dict[tuple[int, int], int], expected: str
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    assert suspects(tmp_path, Odd(odd)) == expected


def test_no_config_no_suspect(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert suspects(tmp_path, Odd({(7777, 64): 1})) == suspects(tmp_path / "file", Odd({(7777, 64): 1})) == ""
