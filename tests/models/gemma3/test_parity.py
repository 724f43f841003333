"""Gemma 3 with pictures agrees with the reference implementation on tiny random checkpoints."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from tests.models.gemma3.reference import KINDS, PAN, write

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.answerer import Answerer
from sensorium.models.gemma3.answerer import load
from sensorium.models.gemma3.config import read_config
from sensorium.models.gemma3.rules import rules
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import save_checkpoint
from sensorium.weights.store import save_weights

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions


class Pair(NamedTuple):
    """One checkpoint, read by the reference and by us, and what its processor must be told each time."""

    folder: Path
    model: Any
    processor: Any
    ours: Answerer
    told: dict[str, Any]


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = write(folder, request.param)
    return Pair(folder, model, processor, load(folder), PAN if request.param == "pieces" else {})


def picture(height: int, width: int, seed: int = 0) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


TALKS: dict[str, list[Message]] = {
    "text": [user("What is this?")],
    "one": [user(picture(60, 90), "What is this?")],
    "small": [user(picture(9, 5), "What?")],
    "dot": [user(picture(2, 2), "What?")],
    "wide": [user(picture(5, 400), "What is this?")],
    "long": [user(picture(21, 150), "What is this?")],
    "tall": [user(picture(333, 24), "What is this?")],
    "odd": [user("Is", picture(71, 97), "this?")],
    "two": [user(picture(70, 50), picture(84, 84, 1), "Which is the first?")],
    "system": [Message("system", (Text("Be brief."),)), user(picture(40, 40), "猫?")],
    "turns": [user(picture(33, 77), "What?"), assistant("A picture."), user(picture(126, 42), "And the second?")],
}


def theirs(pair: Pair, talks: list[list[Message]]) -> Any:
    """What the reference's processor makes of talks; its template writes the BOS."""
    dicts = [
        [
            {
                "role": message.role,
                "content": [
                    {"type": "text", "text": part.text} if isinstance(part, Text) else {"type": "image"}
                    for part in message.parts
                ],
            }
            for message in talk
        ]
        for talk in talks
    ]
    texts = [pair.processor.apply_chat_template(talk, add_generation_prompt=True) for talk in dicts]
    images = [[part.pixels for message in talk for part in message.media if isinstance(part, Image)] for talk in talks]
    return pair.processor(
        text=texts,
        images=images if any(images) else None,
        padding=True,
        return_tensors="pt",
        add_special_tokens=False,
        **pair.told,
    )


def ours(pair: Pair, talks: list[list[Message]]) -> ModelInputs:
    made = [pair.ours.assembler.talk(talk, ask=True) for talk in talks]
    return pair.ours.assembler.batch(made, left=True)


@pytest.mark.parametrize("name", TALKS)
def test_ids_and_pixels_are_those_of_the_reference(pair: Pair, name: str) -> None:
    expected, got = theirs(pair, [TALKS[name]]), ours(pair, [TALKS[name]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    if name == "text":
        assert got.media == ()
        return
    torch.testing.assert_close(torch.cat(got.media[0].features), expected["pixel_values"], atol=1e-5, rtol=0)
    assert got.places[0].tolist() == (expected["token_type_ids"] == 1).tolist()


def test_logits_of_a_batch_are_those_of_the_reference(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "small", "long", "tall", "odd")]
    inputs, network = ours(pair, talks), pair.ours.network
    with torch.inference_mode():
        expected = pair.model(**theirs(pair, talks)).logits[:, -1]
        found = network.prefill(inputs, network.new_cache(*inputs.ids.shape))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_answers_are_those_of_the_reference_token_for_token(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "system", "turns")]
    with torch.inference_mode():
        made = pair.model.generate(
            **theirs(pair, talks), max_new_tokens=32, do_sample=False, eos_token_id=None, min_new_tokens=32
        )
    inputs = ours(pair, talks)
    steps = list(generate(pair.ours.network, inputs, Sampling(max_tokens=32), stops=()))
    got = [[event.id for events in steps if (event := events[row]) is not None] for row in range(len(talks))]
    assert got == made[:, inputs.ids.shape[1] :].tolist()
    assert len({tuple(row) for row in got}) == len(talks)  # what was asked counts


def test_what_is_written_loads_in_the_reference(pair: Pair, tmp_path: Path) -> None:
    config = read_json(pair.folder / "config.json")
    network = pair.ours.network
    assert isinstance(network, torch.nn.Module)
    save_checkpoint(tmp_path, network, rules(read_config(config)), dtype=None, config=config)
    towers = {name.split("encoder.")[0] for name in Checkpoint.open(tmp_path).names if "encoder." in name}
    assert towers == {"vision_tower.vision_model."}  # the older form, which every version reads
    again = type(pair.model).from_pretrained(tmp_path).eval()
    for name, weight in pair.model.state_dict().items():
        if ".head." not in name:
            assert torch.equal(again.state_dict()[name], weight), name
    asked = theirs(pair, [TALKS["odd"]])
    with torch.inference_mode():
        assert torch.equal(again(**asked).logits, pair.model(**asked).logits)


def test_names_of_newer_modules_are_read(pair: Pair, tmp_path: Path) -> None:
    weights = {name: weight for name, weight in pair.model.state_dict().items() if name != "lm_head.weight"}
    assert all(name.startswith("model.") for name in weights)
    for pattern in ("*.json*", "*.jinja"):
        for path in pair.folder.glob(pattern):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    save_weights(tmp_path / "model.safetensors", weights, dtype=None)
    again, network = load(tmp_path).network, pair.ours.network
    assert isinstance(again, torch.nn.Module)
    assert isinstance(network, torch.nn.Module)
    for name, weight in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
