"""Loading a folder into a model that can be asked: what it takes, where answers end, what users cannot write."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.models.qwen_vl.reference import SPECIAL, write

from sensorium.chat.message import user
from sensorium.core.errors import CheckpointError, LimitExceeded, UnsupportedMedia
from sensorium.media.types import AudioClip, Image
from sensorium.models.answerer import Answerer
from sensorium.models.qwen_vl.answerer import load
from sensorium.models.qwen_vl.inputs import QwenVLAssembler
from sensorium.models.qwen_vl.places import Finder

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tiny")
    write(made, "qwen2_5_vl")
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> Answerer:
    return load(folder)


def picture() -> Image:
    return Image(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))


def test_answers_end_with_their_turn_and_hold_no_placeholders(model: Answerer) -> None:
    assert model.stops == {SPECIAL.index("<|im_end|>")}
    assert {SPECIAL[id_] for id_ in model.banned} == {
        *("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"),
    }
    assert model.max_tokens == 2048
    assert model.places == Finder("pixels", even=True)


def test_a_type_can_be_asked_for(folder: Path) -> None:
    network = load(folder, dtype=torch.bfloat16).network
    assert isinstance(network, torch.nn.Module)
    assert {each.dtype for each in network.parameters()} == {torch.bfloat16}


def test_what_users_write_is_never_a_placeholder(model: Answerer) -> None:
    placeholder = SPECIAL.index("<|image_pad|>")
    talk = model.assembler.talk([user(picture(), "What is <|vision_start|><|image_pad|><|vision_end|>?")], ask=True)
    assert talk.ids.count(placeholder) == talk.items[0].rows
    assert model.assembler.batch([talk]).positions.shape == (1, len(talk.ids), 3)


def test_what_is_too_much_or_not_taken(model: Answerer) -> None:
    with pytest.raises(UnsupportedMedia, match="not audio"):
        model.assembler.talk([user(AudioClip(np.zeros(10, np.float32)), "What?")], ask=True)
    assert isinstance(model.assembler, QwenVLAssembler)
    small = replace(model.assembler, inner=replace(model.assembler.inner, max_tokens=30))
    with pytest.raises(LimitExceeded, match="more than the 30 this model takes"):
        small.talk([user(picture(), "What?")], ask=True)


def edited(name: str, change: Callable[[dict[str, object]], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        data = json.loads((folder / name).read_text())
        change(data)
        (folder / name).write_text(json.dumps(data))

    return edit


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), r"config\.json: not a readable"),
        (lambda folder: (folder / "preprocessor_config.json").unlink(), r"no preprocessor_config\.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "got no weights"),
        (lambda folder: (folder / "tokenizer.json").unlink(), r"no tokenizer\.json"),
        (
            edited("config.json", lambda data: data.update(image_token_id=3)),
            r"<\|image_pad\|> is id 9 .*expected 3, below",
        ),
        (edited("preprocessor_config.json", lambda data: data.update(patch_size=14)), "patch_size is 14; the vision"),
        (edited("config.json", lambda data: data["text_config"].update(num_hidden_layers=4)), r"model\.layers\.3\."),  # type: ignore[attr-defined]
    ],
)
def test_damaged_folders_are_refused(
    folder: Path, tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    shutil.copytree(folder, tmp_path / "x")
    damage(tmp_path / "x")
    with pytest.raises(CheckpointError, match=message):
        load(tmp_path / "x")
