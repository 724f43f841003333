"""Folders whose files do not belong together, and what an answerer knows. Written without the reference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.paligemma.reference import KINDS, SIDE, SPECIAL, make_inner
from tokenizers import Tokenizer, models, pre_tokenizers

import sensorium
from sensorium.core.errors import CheckpointError, InputError
from sensorium.inputs.pictures import SIGLIP
from sensorium.media.types import Image
from sensorium.models.paligemma.answerer import load
from sensorium.models.paligemma.config import read_config
from sensorium.models.paligemma.model import build
from sensorium.models.paligemma.places import places
from sensorium.models.paligemma.rules import rules
from sensorium.weights.loading import save_checkpoint

PICTURE = Image(np.zeros((20, 30, 3), np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = KINDS["paligemma"]
    config = read_config(data)
    save_checkpoint(tmp_path, build(config, end=10), rules(config), dtype=None, config=data)
    make_inner(SPECIAL).save(str(tmp_path / "tokenizer.json"))
    write(tmp_path, "tokenizer_config", {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"})
    settings = {"image_processor_type": "SiglipImageProcessor", "size": {"height": SIDE, "width": SIDE}}
    write(tmp_path, "preprocessor_config", {**SIGLIP, **settings})
    return tmp_path


def write(folder: Path, name: str, data: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(data))


def test_what_ends_an_answer_and_what_it_may_not_hold(folder: Path) -> None:
    write(folder, "generation_config", {"eos_token_id": 3})
    found = load(folder)
    assert (set(found.stops), found.banned, found.max_tokens) == ({1, 3}, (5,), 2048)
    assert found.places is places


def test_a_question_is_answered_and_a_second_one_needs_a_new_talk(folder: Path) -> None:
    model = sensorium.load(str(folder))
    assert model.ask("caption en", PICTURE, max_tokens=3).usage.prompt_tokens == 36 + 1 + len("caption en") + 1
    chat = model.chat()
    chat.send("caption en", PICTURE, max_tokens=3)
    with pytest.raises(InputError, match="user, assistant, user; expected one of the user"):
        chat.send("And its colour?")


def test_another_id_of_the_placeholder(folder: Path) -> None:
    write(folder, "config", {**KINDS["paligemma"], "image_token_index": 9})
    with pytest.raises(CheckpointError, match=r"<image> is id 5 for the tokenizer; expected 9, below"):
        load(folder)


def test_a_placeholder_that_is_not_embedded(folder: Path) -> None:
    text = {**KINDS["paligemma"]["text_config"], "vocab_size": 5}
    write(folder, "config", {**KINDS["paligemma"], "text_config": text})
    with pytest.raises(CheckpointError, match=r"expected 5, below 5, as config\.json says"):
        load(folder)


def test_a_tokenizer_without_line_ends(folder: Path) -> None:
    inner = Tokenizer(models.BPE(vocab={**{token: id_ for id_, token in enumerate(SPECIAL)}, "a": 6}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.add_special_tokens(list(SPECIAL))
    inner.save(str(folder / "tokenizer.json"))
    with pytest.raises(CheckpointError, match="a line's end is 0 tokens for the tokenizer; expected one"):
        load(folder)


def test_settings_that_cannot_be_followed_are_the_folders_fault(folder: Path) -> None:
    write(folder, "preprocessor_config", {"image_processor_type": "SiglipImageProcessor", "dance": 1})
    with pytest.raises(CheckpointError, match="dance"):
        load(folder)


def test_missing_weights_are_named(folder: Path) -> None:
    write(folder, "config", {**KINDS["paligemma"], "tie_word_embeddings": False})
    with pytest.raises(CheckpointError, match=r"language_model\.lm_head\.weight"):
        load(folder)
