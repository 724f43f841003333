"""A talk with pictures turn by turn, and folders whose files do not belong together. Written without the reference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.mllama.make_golden import config_of
from tests.models.mllama.reference import PICTURE, SPECIAL, TEMPLATE, random_weight
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from sensorium.chat.message import Message, assistant, user
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.media.types import Image
from sensorium.models.answerer import Answerer
from sensorium.models.mllama.answerer import load
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.model import Mllama, build
from sensorium.models.mllama.rules import rules
from sensorium.runtime.local import LocalChat
from sensorium.runtime.parts import Parts
from sensorium.weights.loading import save_checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = read_config(config_of("four"))
    network = build(config).requires_grad_(False)
    for name, view in rules(config).write(network.state_dict()).items():
        view.copy_(random_weight(name, tuple(view.shape)))
    save_checkpoint(tmp_path, network, rules(config), dtype=None, config=config_of("four"))
    letters = {letter: 10 + id_ for id_, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    special = {**{token: id_ for id_, token in enumerate(SPECIAL)}, "<|image|>": PICTURE}
    inner = Tokenizer(models.BPE(vocab={**special, **letters}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(token, special=True) for token in special])
    inner.save(str(tmp_path / "tokenizer.json"))
    named = {"bos_token": SPECIAL[0], "eos_token": "<|eot_id|>", "pad_token": SPECIAL[-1]}
    write(tmp_path, "tokenizer_config", {**named, "chat_template": TEMPLATE})
    write(tmp_path, "preprocessor_config", {"size": {"height": 28, "width": 28}, "max_image_tiles": 4})
    return tmp_path


def write(folder: Path, name: str, data: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(data))


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (40, 70, 3), np.uint8))


def afresh(model: Answerer, talk: list[Message], tokens: int) -> str:
    """The answer to a talk that was never seen before."""
    inputs = model.assembler.batch([model.assembler.talk(talk, ask=True)])
    events = [step[0] for step in generate(model.network, inputs, Sampling(max_tokens=tokens), stops=model.stops)]
    return model.tokenizer.decode([each.id for each in events if each and each.finish != "stop"])


def test_each_answer_of_a_chat_is_that_to_the_whole_talk_and_no_picture_is_looked_at_twice(folder: Path) -> None:
    model = load(folder)
    assert isinstance(model.network, Mllama)
    looked: list[int] = []
    model.network.reader.tower.register_forward_hook(lambda _, args, output: looked.append(len(output)))
    chat, talk, heard = LocalChat(Parts("tiny", model)), list[Message](), []
    turns = [("Hello", ()), ("What?", (picture(0),)), ("And?", (picture(1), picture(2))), ("Which?", ())]
    for question, media in turns:
        answer = chat.send(question, *media, max_tokens=6)
        talk = [*talk, user(*media, question)]
        heard.append((str(answer), list(talk)))
        talk = [*talk, assistant(str(answer))]
    assert looked == [4, 4, 4]
    assert [said for said, _ in heard] == [afresh(model, before, 6) for _, before in heard]


def test_pictures_stay_as_keys_and_values_while_tokens_are_made(folder: Path) -> None:
    model = load(folder)
    network = model.network
    inputs = model.assembler.batch([model.assembler.talk([user(picture(0), "What?")], ask=True)])
    cache = network.new_cache(1, inputs.ids.shape[1] + 2)
    with torch.inference_mode():
        network.prefill(inputs, cache)
        before = cache.shown.layers[0][0]  # type: ignore[attr-defined]
        network.decode(torch.tensor([30]), torch.tensor([inputs.ids.shape[1]]), None, cache)
    assert cache.shown.layers[0][0] is before  # type: ignore[attr-defined]
    assert before.shape == (1, 2, 4 * 17, 8)


def test_what_ends_an_answer_and_what_it_may_not_hold(folder: Path) -> None:
    write(folder, "generation_config", {"eos_token_id": [1, 4]})
    found = load(folder)
    assert (set(found.stops), found.banned, found.max_tokens) == ({1, 4}, (), 2048)  # no score is for the picture


def test_another_id_of_the_picture(folder: Path) -> None:
    write(folder, "config", {**config_of("four"), "image_token_index": 9})
    with pytest.raises(CheckpointError, match=r"<\|image\|> is id 330 for the tokenizer; expected 9, below"):
        load(folder)


def test_a_picture_that_is_not_embedded(folder: Path) -> None:
    data = config_of("four")
    write(folder, "config", {**data, "text_config": {**data["text_config"], "vocab_size": 322}})
    with pytest.raises(CheckpointError, match=r"is id 330 .* expected 330, below 330"):
        load(folder)


def test_settings_that_cannot_be_followed_are_the_folders_fault(folder: Path) -> None:
    write(folder, "preprocessor_config", {"dance": 1})
    with pytest.raises(CheckpointError, match="dance") as caught:
        load(folder)
    assert not isinstance(caught.value, ConfigError)


def test_weights_of_other_layers_are_named(folder: Path) -> None:
    data = config_of("four")
    write(folder, "config", {**data, "text_config": {**data["text_config"], "cross_attention_layers": [2, 5]}})
    with pytest.raises(CheckpointError, match=r"layers\.4\.cross_attn\.k_norm\.weight is not a part"):
        load(folder)
