"""Folders whose files do not belong together, and what an answerer knows. Written without the reference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.gemma3.reference import KINDS, SIDE, SPECIAL, START, TEMPLATE
from tests.models.paligemma.reference import make_inner

import sensorium
from sensorium.chat.message import user
from sensorium.core.errors import CheckpointError
from sensorium.media.types import Image
from sensorium.models.gemma3.answerer import load
from sensorium.models.gemma3.config import read_config
from sensorium.models.gemma3.model import build
from sensorium.models.gemma3.rules import rules
from sensorium.weights.loading import save_checkpoint

PICTURE = Image(np.zeros((20, 30, 3), np.uint8))
NAMED = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "chat_template": TEMPLATE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = read_config(KINDS["whole"])
    save_checkpoint(tmp_path, build(config), rules(config), dtype=None, config=KINDS["whole"])
    make_inner(SPECIAL).save(str(tmp_path / "tokenizer.json"))
    write(tmp_path, "tokenizer_config", NAMED)
    write(tmp_path, "preprocessor_config", {"size": {"height": SIDE, "width": SIDE}})
    return tmp_path


def write(folder: Path, name: str, data: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(data))


def test_what_ends_an_answer_and_what_it_may_not_hold(folder: Path) -> None:
    write(folder, "generation_config", {"eos_token_id": [1, 3]})
    found = load(folder)
    assert (set(found.stops), found.max_tokens) == ({1, 3, SPECIAL.index("<end_of_turn>")}, 2048)
    assert {SPECIAL[id_] for id_ in found.banned} == {START, "<image_soft_token>", "<end_of_image>"}


def test_a_talk_goes_on(folder: Path) -> None:
    chat = sensorium.load(str(folder)).chat()
    first = chat.send("What?", PICTURE, max_tokens=3)
    assert chat.send("And?", PICTURE, max_tokens=3).usage.prompt_tokens > first.usage.prompt_tokens + 2 * 16


def test_what_users_write_is_no_picture(folder: Path) -> None:
    talk = load(folder).assembler.talk([user(PICTURE, f"What is {START}<image_soft_token>?")], ask=True)
    assert talk.ids.count(SPECIAL.index(START)) == 1
    assert talk.ids.count(SPECIAL.index("<image_soft_token>")) == 16


def test_another_id_of_the_placeholder(folder: Path) -> None:
    write(folder, "config", {**KINDS["whole"], "image_token_index": 5})
    with pytest.raises(CheckpointError, match=r"<image_soft_token> is id 9 for the tokenizer; expected 5"):
        load(folder)


def test_a_base_model_has_no_template(folder: Path) -> None:
    write(folder, "tokenizer_config", {key: value for key, value in NAMED.items() if key != "chat_template"})
    with pytest.raises(CheckpointError, match=r"no chat template.*may be no chat model"):
        load(folder)


def test_settings_that_cannot_be_followed_are_the_folders_fault(folder: Path) -> None:
    write(folder, "preprocessor_config", {"size": {"height": SIDE, "width": SIDE}, "dance": 1})
    with pytest.raises(CheckpointError, match="dance"):
        load(folder)
