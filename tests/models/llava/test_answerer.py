"""Folders whose files do not belong together, and what an answerer knows. Written without the reference."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.models.llava.reference import KINDS, SPECIAL, TEMPLATE
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from sensorium.core.errors import CheckpointError
from sensorium.models.llava.answerer import load
from sensorium.models.llava.config import read_config
from sensorium.models.llava.inputs import original_settings
from sensorium.models.llava.model import build
from sensorium.models.llava.rules import rules
from sensorium.weights.loading import save_checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = {**KINDS["next"], "image_token_index": SPECIAL.index("<image>")}
    config = read_config(data)
    save_checkpoint(tmp_path, build(config), rules(config), dtype=None, config=data)
    inner = Tokenizer(models.BPE(vocab={**{token: id_ for id_, token in enumerate(SPECIAL)}, "a": 5}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel()
    inner.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    inner.save(str(tmp_path / "tokenizer.json"))
    write(tmp_path, "tokenizer_config", {"eos_token": "</s>", "pad_token": "<pad>", "chat_template": TEMPLATE})
    write(tmp_path, "preprocessor_config", original_settings(config))
    return tmp_path


def write(folder: Path, name: str, data: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(data))


def test_what_ends_an_answer_and_what_it_may_not_hold(folder: Path) -> None:
    write(folder, "generation_config", {"eos_token_id": 1})
    found = load(folder)
    assert (set(found.stops), found.banned, found.max_tokens) == ({1, 2}, (3,), 2048)


def test_another_spelling_of_the_placeholder(folder: Path) -> None:
    write(folder, "processor_config", {"image_token": "<pic>"})
    with pytest.raises(CheckpointError, match="no added token '<pic>'"):
        load(folder)


def test_another_id_of_the_placeholder(folder: Path) -> None:
    write(folder, "config", {**KINDS["next"], "image_token_index": 9})
    with pytest.raises(CheckpointError, match=r"<image> is id 3 for the tokenizer; expected 9, below"):
        load(folder)


def test_a_placeholder_that_is_not_embedded(folder: Path) -> None:
    text = {**KINDS["next"]["text_config"], "vocab_size": 3}
    write(folder, "config", {**KINDS["next"], "image_token_index": 3, "text_config": text})
    with pytest.raises(CheckpointError, match="<image> is id 3 for the tokenizer"):
        load(folder)


def test_settings_that_cannot_be_followed_are_the_folders_fault(folder: Path) -> None:
    write(folder, "preprocessor_config", {"image_grid_pinpoints": KINDS["next"]["image_grid_pinpoints"], "dance": 1})
    with pytest.raises(CheckpointError, match="dance"):
        load(folder)


def test_missing_weights_are_named(folder: Path) -> None:
    write(folder, "config", {**KINDS["next"], "image_token_index": 3, "vision_feature_layer": [-1, -2]})
    with pytest.raises(CheckpointError, match=r"multi_modal_projector\.linear_1\.weight"):
        load(folder)
