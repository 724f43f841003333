"""Gemma 3 with pictures agrees with the reference implementation on tiny random checkpoints."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.models.gemma3.reference import KINDS, PAN, write
from tests.models.parity import Pair, check_answers, check_scores, images_of, ours, picture, written

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.models.gemma3.answerer import load
from sensorium.models.gemma3.config import read_config
from sensorium.models.gemma3.rules import rules
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import save_checkpoint
from sensorium.weights.store import save_weights

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions


@dataclass(frozen=True)
class ToldPair(Pair):
    """A pair, and what its processor must be told each time."""

    told: dict[str, Any]


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ToldPair:
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = write(folder, request.param)
    return ToldPair(folder, model, processor, load(folder), PAN if request.param == "pieces" else {})


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


def theirs(pair: ToldPair, talks: list[list[Message]]) -> Any:
    """What the reference's processor makes of talks; its template writes the BOS."""
    texts = written(pair, talks)
    images = images_of(talks)
    return pair.processor(
        text=texts,
        images=images if any(images) else None,
        padding=True,
        return_tensors="pt",
        add_special_tokens=False,
        **pair.told,
    )


@pytest.mark.parametrize("name", TALKS)
def test_ids_and_pixels_are_those_of_the_reference(pair: ToldPair, name: str) -> None:
    expected, got = theirs(pair, [TALKS[name]]), ours(pair, [TALKS[name]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    if name == "text":
        assert got.media == ()
        return
    torch.testing.assert_close(torch.cat(got.media[0].features), expected["pixel_values"], atol=1e-5, rtol=0)
    assert got.places[0].tolist() == (expected["token_type_ids"] == 1).tolist()


def test_logits_of_a_batch_are_those_of_the_reference(pair: ToldPair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "small", "long", "tall", "odd")]
    check_scores(pair, ours(pair, talks), theirs(pair, talks))


def test_answers_are_those_of_the_reference_token_for_token(pair: ToldPair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "system", "turns")]
    got = check_answers(pair, ours(pair, talks), theirs(pair, talks))
    assert len({tuple(row) for row in got}) == len(talks)  # what was asked counts


def test_what_is_written_loads_in_the_reference(pair: ToldPair, tmp_path: Path) -> None:
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


def test_names_of_newer_modules_are_read(pair: ToldPair, tmp_path: Path) -> None:
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
