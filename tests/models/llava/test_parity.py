"""LLaVA-1.5 and LLaVA-NeXT agree with the reference implementation on tiny random checkpoints."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.models.llava.reference import KINDS, write
from tests.models.parity import Pair, check_answers, check_scores, ours, picture, written
from torch import Tensor

from sensorium.chat.message import Message, assistant, user
from sensorium.media.types import Image
from sensorium.models.llava.answerer import load
from sensorium.models.llava.config import read_config
from sensorium.models.llava.rules import rules
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


TALKS: dict[str, list[Message]] = {
    "text": [user("What is this?")],
    "one": [user(picture(60, 90), "What is this?")],
    "small": [user(picture(9, 5), "What?")],
    "dot": [user(picture(2, 2), "What?")],
    "wide": [user(picture(5, 400), "What is this?")],
    "tall": [user(picture(333, 4), "What is this?")],
    "odd": [user("Is", picture(71, 97), "this?")],
    "two": [user(picture(70, 50), picture(84, 84, 1), "Which is the first?")],
    "turns": [user(picture(33, 77), "What?"), assistant("A picture."), user(picture(126, 42), "And the second?")],
}


def theirs(pair: Pair, talks: list[list[Message]]) -> Any:
    """What the reference's processor makes of talks."""
    texts = written(pair, talks)
    images = [part.pixels for talk in talks for message in talk for part in message.media if isinstance(part, Image)]
    return pair.processor(text=texts, images=images or None, padding=True, return_tensors="pt")


@pytest.mark.parametrize("name", TALKS)
def test_ids_and_pixels_are_those_of_the_reference(pair: Pair, name: str) -> None:
    expected, got = theirs(pair, [TALKS[name]]), ours(pair, [TALKS[name]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    if name == "text":
        assert got.media == ()
        return
    features = got.media[0].features
    assert len(features) == len(expected["pixel_values"])
    for mine, other in zip(features, expected["pixel_values"], strict=True):
        shown = other[: len(mine)] if mine.ndim == 4 else other  # theirs are padded to the most tiles
        torch.testing.assert_close(mine, shown, atol=1e-5, rtol=0)


def test_logits_of_a_batch_are_those_of_the_reference(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "small", "wide", "tall", "odd")]
    check_scores(pair, ours(pair, talks), theirs(pair, talks))


def test_answers_are_those_of_the_reference_token_for_token(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "text", "two", "turns")]
    check_answers(pair, ours(pair, talks), theirs(pair, talks))


def test_a_batch_is_its_talks_one_by_one(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "small", "two")]
    network, batch = pair.ours.network, ours(pair, talks)
    with torch.inference_mode():
        together = network.prefill(batch, network.new_cache(*batch.ids.shape))
        for row, talk in enumerate(talks):
            alone = ours(pair, [talk])
            found = network.prefill(alone, network.new_cache(*alone.ids.shape))[0]
            torch.testing.assert_close(together[row], found, atol=1e-4, rtol=1e-4)


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


def original(name: str) -> str:
    """The original repository's name for one of the reference's."""
    for start, other in (
        ("language_model.model.", "model."),
        ("language_model.lm_head.", "lm_head."),
        ("vision_tower.", "model.vision_tower.vision_tower."),
        ("multi_modal_projector.linear_1.", "model.mm_projector.0."),
        ("multi_modal_projector.linear_2.", "model.mm_projector.2."),
        ("image_newline", "model.image_newline"),
    ):
        if name.startswith(start):
            return other + name.removeprefix(start)
    return name


@pytest.mark.parametrize("spelling", ["module", "original"])
def test_other_names_are_read(pair: Pair, spelling: str, tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(pair.folder)
    weights: Mapping[str, Tensor] = pair.model.state_dict()
    if spelling == "original":
        rename: Callable[[str], str] = original
        weights = {rename(name): checkpoint.tensor(name) for name in checkpoint.names}
        assert not any(name.startswith("language_model") for name in weights)
    elif "lm_head.weight" in weights and pair.model.config.tie_word_embeddings:
        weights = {name: weight for name, weight in weights.items() if name != "lm_head.weight"}
    for path in pair.folder.glob("*.json*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for path in pair.folder.glob("*.jinja"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    save_weights(tmp_path / "model.safetensors", dict(weights), dtype=None)
    again, network = load(tmp_path).network, pair.ours.network
    assert isinstance(again, torch.nn.Module)
    assert isinstance(network, torch.nn.Module)
    for name, weight in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
