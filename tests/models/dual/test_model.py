"""The object that users get: embeddings of texts and pictures, chances of names, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.models.dual.folders import TEXTS, images

from sensorium.core.errors import LimitExceeded, UnreadableMedia, UsageError
from sensorium.media.types import AudioClip, Image
from sensorium.models.dual.load import load_dual
from sensorium.models.dual.model import DualModel

FAMILIES = ("clip", "siglip")


def golden(family: str) -> Path:
    return Path(__file__).parents[1] / family / "golden"


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def model(family: str) -> DualModel:
    return load_dual(golden(family))


def test_embeddings_and_scores_are_the_recorded_ones(model: DualModel, family: str) -> None:
    expected = json.loads((golden(family) / "expected.json").read_text())
    pictures, texts = model.embed(images()), model.embed(TEXTS)
    np.testing.assert_allclose(pictures, expected["images"], atol=1e-4)
    np.testing.assert_allclose(texts, expected["texts"], atol=1e-4)
    np.testing.assert_allclose(model.scores(pictures, texts), expected["scores"], atol=1e-3)


def test_what_it_takes_and_how_it_may_be_cut(model: DualModel) -> None:
    assert model.modalities == ("text", "image")
    assert model.dimensions == (model.width,)
    assert model.network.logit_scale is not None
    assert model.sharpness("image") == pytest.approx(float(model.network.logit_scale.detach().exp()))


def test_one_item_is_one_row_and_a_list_keeps_its_order(model: DualModel) -> None:
    picture = images()[1]
    one, other = model.embed("a cat"), model.embed(picture)
    assert one.shape == other.shape == (model.width,)
    assert one.dtype == np.float32
    mixed = model.embed([picture, "a cat", picture, "a dog"])
    np.testing.assert_allclose(mixed[[1, 0, 2]], [one, other, other], atol=1e-5)
    np.testing.assert_allclose(np.square(mixed).sum(axis=1), 1.0, atol=1e-5)
    assert model.embed([]).shape == (0, model.width)


def test_batches_do_not_show(model: DualModel) -> None:
    small = DualModel(model.network, pictures=model._pictures, texts=model._texts, name="small", batch=2)
    items: list[str | Image] = [*TEXTS, *images()]
    np.testing.assert_allclose(small.embed(items), model.embed(items), atol=1e-5)


def test_chances_of_names(model: DualModel, family: str) -> None:
    names, picture = ["red dog", "cat", "photo"], images()[0]
    chances = model.classify(picture, names, template="a {}")
    texts = model.embed([f"a {name}" for name in names])
    scores = model.scores(model.embed([picture]), texts)[0].astype(np.float64)
    rivals = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(chances, rivals if family == "clip" else 1 / (1 + np.exp(-scores)), atol=1e-5)
    assert chances.shape == (3,)
    assert not np.allclose(chances, model.classify(picture, names), atol=1e-4)  # another template


def test_names_may_hold_anything(model: DualModel) -> None:
    assert model.classify(images()[0], ["{0}", "{}", "%s"]).shape == (3,)


@pytest.mark.parametrize(
    ("names", "template", "message"),
    [
        ("cat", "a {}", "Got 'cat' as names to choose from; expected a list"),
        ([], "a {}", "at least one"),
        (["cat"], "a cat", "expected one '{}', where the name goes"),
        (["cat"], "{} {}", "expected one '{}'"),
    ],
)
def test_odd_names_are_refused(model: DualModel, names: list[str], template: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        model.classify(images()[0], names, template=template)


def test_a_text_that_is_too_long_is_named(model: DualModel) -> None:
    with pytest.raises(LimitExceeded, match=r"text: 'dog dog .*…' has \d+ tokens; this model takes \d+\. Shorten"):
        model.embed(["cat", "dog " * 40])


def test_other_things_are_refused(model: DualModel) -> None:
    with pytest.raises(UsageError, match=r"Got AudioClip to embed; expected texts and images"):
        model.embed(["cat", AudioClip(np.zeros(9, np.float32))])
    with pytest.raises(UnreadableMedia, match=r"half a character"):
        model.embed("\ud83d")
    with pytest.raises(UnreadableMedia, match=r"empty: got pixels uint8 \[0, 4, 3\]"):
        model.embed(Image(np.zeros((0, 4, 3), np.uint8), "empty"))


@pytest.mark.parametrize("spelled", ["<|endoftext|>", "<|startoftext|>", "</s>", "<unk>"])
def test_no_text_gives_a_special_token(model: DualModel, family: str, spelled: str) -> None:
    frame = {"clip": [528, 529], "siglip": [1]}[family]
    assert model._texts is not None
    for text in ("cat", f"{spelled} cat", f"cat {spelled} dog", spelled, ""):
        ids = model._texts.encode(text)
        assert [id_ for id_ in ids if id_ in frame] == frame, text
        assert (ids[: len(frame) - 1], ids[-1]) == (frame[:-1], frame[-1]), text


def test_bf16_is_close(family: str, model: DualModel) -> None:
    coarse = load_dual(golden(family), dtype=torch.bfloat16)
    assert coarse.network.device.type == "cpu"
    cosines = (coarse.embed([*TEXTS, *images()]) * model.embed([*TEXTS, *images()])).sum(axis=1)
    assert cosines.min() > 0.99
