"""Folders whose files do not belong together, and what an answerer knows. Written without the reference."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.models.idefics3.reference import CONFIG, SPECIAL, TEMPLATE, inner_tokenizer

from sensorium.core.errors import CheckpointError
from sensorium.models.idefics3.answerer import load
from sensorium.models.idefics3.config import read_config
from sensorium.models.idefics3.model import build
from sensorium.models.idefics3.rules import rules
from sensorium.weights.loading import save_checkpoint

WHOLE: dict[str, Any] = {"model_type": "smolvlm", **CONFIG, "text_config": {**CONFIG["text_config"], "vocab_size": 420}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = read_config(WHOLE)
    save_checkpoint(tmp_path, build(config), rules(config), dtype=None, config=WHOLE)
    inner_tokenizer().save(str(tmp_path / "tokenizer.json"))
    write(tmp_path, "tokenizer_config", {"pad_token": "<|im_end|>", "chat_template": TEMPLATE})
    write(tmp_path, "preprocessor_config", {"max_image_size": {"longest_edge": 56}})
    return tmp_path


def write(folder: Path, name: str, data: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(data))


def test_what_ends_an_answer_and_what_it_may_not_hold(folder: Path) -> None:
    write(folder, "generation_config", {"eos_token_id": 0})
    found = load(folder)
    assert (set(found.stops), found.max_tokens) == ({0, SPECIAL.index("<end_of_utterance>")}, 4096)
    assert {SPECIAL[id_] for id_ in found.banned} == {"<image>", "<fake_token_around_image>", "<global-img>"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_token_id": 9}, r"<image> is id 5 for the tokenizer; expected 9, below"),
        ({"text_config": {**CONFIG["text_config"], "vocab_size": 4}}, "expected 5, below 4, as"),
        ({"scale_factor": 4}, r"model\.connector\.modality_projection\.proj"),
    ],
)
def test_files_that_do_not_belong_together(folder: Path, change: dict[str, Any], message: str) -> None:
    write(folder, "config", {**WHOLE, **change})
    with pytest.raises(CheckpointError, match=message):
        load(folder)
