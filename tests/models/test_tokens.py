"""Placeholders that tokenizer and config call alike, and where answers end."""

import json
from pathlib import Path

import pytest
from tests.models.paligemma.reference import SPECIAL, make_inner

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.core.errors import CheckpointError
from sensorium.models.tokens import answer_ends, check_rows

FOLDER = Path("x")
TOKENIZER = HubTokenizer(make_inner(SPECIAL), variables={"eos_token": "<eos>"})
ROW = TOKENIZER.id("<image>")


def test_rows_have_one_id_and_are_embedded() -> None:
    check_rows(FOLDER, TOKENIZER, {"<image>": ROW, "<bos>": None}, vocabulary=ROW + 1)
    message = rf"x: <image> is id {ROW} for the tokenizer; expected 9, below 30, as config\.json says\. Use the files"
    with pytest.raises(CheckpointError, match=message):
        check_rows(FOLDER, TOKENIZER, {"<image>": 9}, vocabulary=30)
    with pytest.raises(CheckpointError, match=rf"expected an id, below {ROW}, as"):
        check_rows(FOLDER, TOKENIZER, {"<image>": None}, vocabulary=ROW)


def test_answers_end_where_files_and_family_say(tmp_path: Path) -> None:
    assert answer_ends(tmp_path, TOKENIZER) == {TOKENIZER.id("<eos>")}
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [7, 8]}))
    assert answer_ends(tmp_path, TOKENIZER, "<bos>") == {7, 8, TOKENIZER.id("<bos>")}
    assert answer_ends(tmp_path, HubTokenizer(make_inner(SPECIAL))) == {7, 8}
