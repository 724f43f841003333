"""Llama 3.2 Vision agrees with the reference implementation on tiny random checkpoints.

Talks by a template have words before the first picture. There the reference differs from the code with which the
model was trained, and is mended for the comparison (`reference.skip_before_pictures`); prompts that begin with a
picture are compared with the reference as it is (`test_golden.py` and below).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.mllama.make_golden import prompts, reference_inputs
from tests.models.mllama.reference import KINDS, PICTURE, make, skip_before_pictures, write
from tests.models.parity import Pair, check_answers, check_scores, images_of, ours, picture, written

from sensorium.chat.message import Message, assistant, user
from sensorium.models.mllama.answerer import load
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.rules import rules
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import save_checkpoint
from sensorium.weights.store import save_weights

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = write(folder, request.param)
    return Pair(folder, skip_before_pictures(model), processor, load(folder))


TALKS: dict[str, list[Message]] = {
    "text": [user("What is this?")],
    "one": [user(picture(60, 90), "What is this?")],
    "small": [user(picture(9, 5), "What?")],
    "dot": [user(picture(2, 2), "What?")],
    "exact": [user(picture(28, 56), "What?")],
    "wide": [user(picture(5, 400), "What is this?")],
    "tall": [user(picture(333, 2), "What is this?")],
    "large": [user(picture(171, 197), "What is this?")],
    "odd": [user("Is", picture(71, 37), "this?")],
    "two": [user(picture(70, 50), picture(84, 84, 1), "Which is the first?")],
    "apart": [user("Is", picture(33, 31), "or", picture(20, 20), picture(90, 20), "another?")],
    "turns": [user(picture(33, 77), "What?"), assistant("A picture."), user(picture(126, 42), "And the second?")],
    "later": [user("What?"), assistant("A picture."), user(picture(50, 42), "And this?")],
}


def theirs(pair: Pair, talks: list[list[Message]]) -> Any:
    """What the reference's processor makes of talks."""
    texts = written(pair, talks)
    images = images_of(talks)
    return pair.processor(
        text=texts,
        images=images if any(images) else None,
        add_special_tokens=False,
        padding=True,
        return_tensors="pt",
    )


@pytest.mark.parametrize("name", TALKS)
def test_ids_and_tiles_are_those_of_the_reference(pair: Pair, name: str) -> None:
    expected, got = theirs(pair, [TALKS[name]]), ours(pair, [TALKS[name]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    if name == "text":
        assert got.media == ()
        return
    assert got.places[0].tolist() == (expected["input_ids"] == PICTURE).tolist()
    features, padded = got.media[0].features, expected["pixel_values"][0]  # [pictures, most, 3, side, side]
    grids = pair.ours.network.reader.grids  # type: ignore[attr-defined]
    assert [1 + grids.index(tuple(item.shape[:2])) for item in features] == expected["aspect_ratio_ids"][0].tolist()
    for mine, other in zip(features, padded, strict=True):
        tiles = mine.flatten(0, 1)
        torch.testing.assert_close(tiles, other[: len(tiles)], atol=1e-5, rtol=0)
        assert not other[len(tiles) :].any()


@pytest.mark.parametrize("height", [2, 7, 28, 29, 60, 200, 1001])
def test_any_size_is_cut_as_the_reference_cuts_it(pair: Pair, height: int) -> None:
    for width in (2, 5, 27, 28, 55, 57, 84, 113, 640):
        image = picture(height, width)
        expected = pair.processor.image_processor([[image.pixels]], return_tensors="np")["pixel_values"][0, 0]
        item = pair.ours.assembler.talk([user(image)], ask=True).items[0]
        tiles = item.features.reshape(-1, *item.features.shape[2:])
        np.testing.assert_allclose(tiles, expected[: len(tiles)], atol=1e-5)
        assert not expected[len(tiles) :].any()


@pytest.mark.parametrize("name", TALKS)
def test_scores_of_every_token_are_those_of_the_reference(pair: Pair, name: str) -> None:
    inputs = ours(pair, [TALKS[name]])
    network: Any = pair.ours.network
    with torch.inference_mode():
        expected = pair.model(**theirs(pair, [TALKS[name]])).logits
        found = network.language.logits(network(inputs))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_logits_of_a_batch_are_those_of_the_reference(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "text", "two", "small", "wide", "apart", "later", "odd")]
    check_scores(pair, ours(pair, talks), theirs(pair, talks))


def test_answers_are_those_of_the_reference_token_for_token(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "text", "two", "turns", "apart")]
    check_answers(pair, ours(pair, talks), theirs(pair, talks))


def test_prompts_that_begin_with_a_picture_need_no_mending(pair: Pair, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["pair"]
    inputs = prompts(kind)
    with torch.inference_mode():
        expected = make(kind)(**reference_inputs(kind, inputs)).logits[:, -1]
        found = pair.ours.network.prefill(inputs, pair.ours.network.new_cache(*inputs.ids.shape))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_what_is_written_loads_in_the_reference(pair: Pair, tmp_path: Path) -> None:
    config = read_json(pair.folder / "config.json")
    network = pair.ours.network
    assert isinstance(network, torch.nn.Module)
    save_checkpoint(tmp_path, network, rules(read_config(config)), dtype=None, config=config)
    assert set(Checkpoint.open(tmp_path).names) == set(Checkpoint.open(pair.folder).names)
    again = type(pair.model).from_pretrained(tmp_path).eval()
    for name, weight in pair.model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
    asked = theirs(pair, [TALKS["odd"]])
    with torch.inference_mode():
        assert torch.equal(skip_before_pictures(again)(**asked).logits, pair.model(**asked).logits)


def test_names_of_the_newer_modules_are_read(pair: Pair, tmp_path: Path) -> None:
    weights = dict(pair.model.state_dict())
    assert all(name.startswith(("model.", "lm_head.")) for name in weights)
    for path in (*pair.folder.glob("*.json*"), *pair.folder.glob("*.jinja")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    save_weights(tmp_path / "model.safetensors", weights, dtype=None)
    again, network = load(tmp_path).network, pair.ours.network
    assert isinstance(again, torch.nn.Module)
    assert isinstance(network, torch.nn.Module)
    for name, weight in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
