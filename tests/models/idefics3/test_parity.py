"""Idefics3 and SmolVLM agree with the reference implementation on tiny random checkpoints."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.idefics3.reference import TILE, write
from tests.models.parity import Pair, check_answers, check_scores, images_of, ours, picture, written

from sensorium.chat.message import Message, assistant, user
from sensorium.media.types import VideoClip
from sensorium.models.idefics3.answerer import load
from sensorium.models.idefics3.config import read_config
from sensorium.models.idefics3.inputs import Preparer, in_words, tile_spec
from sensorium.models.idefics3.rules import rules
from sensorium.weights.checkpoint import read_json
from sensorium.weights.loading import save_checkpoint

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions


@pytest.fixture(scope="module", params=["idefics3", "smolvlm"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = write(folder, request.param)
    return Pair(folder, model, processor, load(folder))


TALKS: dict[str, list[Message]] = {
    "text": [user("What is this?")],
    "one": [user(picture(60, 90), "What is this?")],
    "small": [user(picture(9, 5), "What?")],
    "long": [user(picture(12, 400), "What is this?")],
    "two": [user(picture(70, 50), picture(56, 56, 1), "Which is the first?")],
    "turns": [user(picture(33, 77), "What?"), assistant("A frame."), user("The first?")],
}


def theirs(pair: Pair, talks: list[list[Message]], *, ask: bool = True) -> Any:
    """What the reference's processor makes of talks."""
    texts = written(pair, talks, ask=ask)
    images = images_of(talks)
    return pair.processor(text=texts, images=images if any(images) else None, padding=True, return_tensors="pt")


@pytest.mark.parametrize("name", TALKS)
def test_ids_and_pixels_are_those_of_the_reference(pair: Pair, name: str) -> None:
    expected, got = theirs(pair, [TALKS[name]]), ours(pair, [TALKS[name]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    if "pixel_values" in expected:
        pixels = torch.cat(got.media[0].features)
        torch.testing.assert_close(pixels, expected["pixel_values"][0], atol=1e-5, rtol=0)


def test_logits_of_a_batch_are_those_of_the_reference(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "small")]
    check_scores(pair, ours(pair, talks), theirs(pair, talks))


def test_answers_are_those_of_the_reference_token_for_token(pair: Pair) -> None:
    talks = [TALKS[name] for name in ("one", "text", "two", "turns")]
    check_answers(pair, ours(pair, talks), theirs(pair, talks))


def test_what_is_written_loads_in_the_reference(pair: Pair, tmp_path: Path) -> None:
    config = read_json(pair.folder / "config.json")
    network = pair.ours.network
    assert isinstance(network, torch.nn.Module)
    save_checkpoint(tmp_path, network, rules(read_config(config)), dtype=None, config=config)
    again = type(pair.model).from_pretrained(tmp_path).eval()
    for name, weight in pair.model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name


def test_films_are_written_as_the_reference_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.smolvlm import processing_smolvlm as reference

    monkeypatch.setattr(reference, "num2words", in_words, raising=False)
    spec = tile_spec({"size": {"longest_edge": TILE}, "max_image_size": {"longest_edge": TILE}}, "made up")
    times = np.array([0.0, 1.2, 59.9, 61.5, 150.0])
    clip = VideoClip(np.zeros((5, 20, 30, 3), np.uint8), times, 151.0)
    made = Preparer(spec, 4)(clip)
    asked = SimpleNamespace(
        image_seq_len=4,
        image_token="<image>",
        fake_image_token="<fake_token_around_image>",
        global_image_token="<global-img>",
    )
    film = {
        "pixel_values": np.zeros((1, 5, 3, 1, 1)),
        "video_metadata": [SimpleNamespace(fps=1, timestamps=times.tolist(), duration=151.0)],
    }
    assert made.text == reference.SmolVLMProcessor.replace_video_token(asked, film, 0)
    assert made.item.features.shape == (5, 3, TILE, TILE)
    assert made.item.rows == made.text.count("<image>") == 20
