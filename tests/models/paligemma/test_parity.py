"""PaliGemma 1 and 2 agree with the reference implementation on tiny random checkpoints."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.models.paligemma.reference import KINDS, write
from tests.models.parity import Pair, check_answers, check_scores, ours, picture

from sensorium.chat.message import Message, user
from sensorium.media.types import Image
from sensorium.models.paligemma.answerer import load
from sensorium.models.paligemma.config import read_config
from sensorium.models.paligemma.rules import rules
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import save_checkpoint
from sensorium.weights.store import save_weights

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = write(folder, request.param)
    return Pair(folder, model, processor, load(folder))


QUESTIONS: dict[str, Message] = {
    "one": user(picture(60, 90), "answer en what is this?"),
    "small": user(picture(9, 5), "caption en"),
    "dot": user(picture(2, 2), "detect the cat ; dog"),
    "wide": user(picture(5, 400), "What is this?"),
    "tall": user(picture(333, 4), "ocr"),
    "odd": user("Is", picture(71, 97), "this?"),
    "place": user(picture(42, 42), "what is in <loc0010><loc0100><loc0500><loc1023>? 猫"),
    "two": user(picture(70, 50), picture(84, 84, 1), "answer en which is the first?"),
    "silent": user(picture(30, 30)),
}


def theirs(pair: Pair, questions: list[Message]) -> Any:
    """What the reference's processor makes of questions."""
    texts = ["<image>" * len(question.media) + question.text for question in questions]
    images = [[each.pixels for each in question.media if isinstance(each, Image)] for question in questions]
    return pair.processor(text=texts, images=images, padding=True, return_tensors="pt")


@pytest.mark.parametrize("name", QUESTIONS)
def test_ids_and_pixels_are_those_of_the_reference(pair: Pair, name: str) -> None:
    expected, got = theirs(pair, [QUESTIONS[name]]), ours(pair, [[QUESTIONS[name]]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    torch.testing.assert_close(torch.cat(got.media[0].features), expected["pixel_values"], atol=1e-5, rtol=0)


def test_logits_of_a_batch_are_those_of_the_reference(pair: Pair) -> None:
    questions = [QUESTIONS[name] for name in ("one", "two", "small", "wide", "tall", "place")]
    check_scores(pair, ours(pair, [[question] for question in questions]), {**theirs(pair, questions), "labels": None})


def test_answers_are_those_of_the_reference_token_for_token(pair: Pair) -> None:
    questions = [QUESTIONS[name] for name in ("one", "two", "silent", "odd")]
    given = theirs(pair, questions)
    given.pop("labels", None)
    got = check_answers(pair, ours(pair, [[question] for question in questions]), given)
    assert len({tuple(row) for row in got}) == len(questions)  # what was asked counts


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
    asked = {**theirs(pair, [QUESTIONS["odd"]]), "labels": None}
    with torch.inference_mode():
        assert torch.equal(again(**asked).logits, pair.model(**asked).logits)


def test_names_of_newer_modules_are_read(pair: Pair, tmp_path: Path) -> None:
    weights = {name: weight for name, weight in pair.model.state_dict().items() if name != "lm_head.weight"}
    assert all(name.startswith("model.") for name in weights)
    for path in pair.folder.glob("*.json*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    save_weights(tmp_path / "model.safetensors", weights, dtype=None)
    again, network = load(tmp_path).network, pair.ours.network
    assert isinstance(again, torch.nn.Module)
    assert isinstance(network, torch.nn.Module)
    for name, weight in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
