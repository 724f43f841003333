"""The network of CLIP equals the reference's: rows, features, scores; towers alone; old and new names; the way back."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.models.dual.reference import TEXT, VISION, clip, old_names, pictures, saved, seeded

from sensorium.models.clip.config import read_config
from sensorium.models.clip.model import build
from sensorium.models.clip.rules import rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint, save_checkpoint

pytest.importorskip("transformers")

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)


def ours(folder: Path, *, interpolate: bool = False) -> Any:
    config = read_config(read_json(folder / "config.json"))
    with Unfilled():
        network = build(config, interpolate=interpolate)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=torch.float32)
    return network.eval()


IDS = torch.tensor([[528, 7, 300, 12, 529, 529], [528, 5, 529, 529, 529, 529], [528, 9, 9, 33, 77, 529]])
PRESENT = torch.tensor([[1, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]])


@pytest.mark.parametrize("act", ["quick_gelu", "gelu"])
def test_features_and_scores_are_those_of_the_reference(tmp_path: Path, act: str) -> None:
    theirs = clip({"hidden_act": act}, {"hidden_act": act})
    network = ours(saved(theirs, tmp_path))
    with torch.no_grad():
        expected = theirs(input_ids=IDS, attention_mask=PRESENT, pixel_values=pictures(4))
        images, texts = network.embed_images(pictures(4)), network.embed_texts(IDS)
        close(network.image(pictures(4)), theirs.get_image_features(pixel_values=pictures(4)).pooler_output)
        close(network.text(IDS), theirs.get_text_features(input_ids=IDS, attention_mask=PRESENT).pooler_output)
        close(images, expected.image_embeds)
        close(texts, expected.text_embeds)
        close(network.scores(images, texts), expected.logits_per_image)
        close(network.chances(network.scores(images, texts)), expected.logits_per_image.softmax(dim=1))
    assert float(expected.logits_per_image.std()) > 1.0  # else everything would be equal


def test_padding_on_the_left_is_not_seen(tmp_path: Path) -> None:
    theirs = clip()
    network = ours(saved(theirs, tmp_path))
    ids = torch.tensor([[1, 1, 528, 7, 8, 529], [528, 7, 8, 5, 6, 529]])
    present = torch.tensor([[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]])
    with torch.no_grad():
        expected = theirs.text_model(input_ids=ids, attention_mask=present)
        close(network.text.tower(ids, present.bool())[present.bool()], expected.last_hidden_state[present.bool()])


def test_the_legacy_end_is_the_highest_id(tmp_path: Path) -> None:
    theirs = clip({"eos_token_id": 2})
    network = ours(saved(theirs, tmp_path))
    ids = torch.tensor([[528, 2, 7, 529, 529], [528, 529, 3, 4, 2]])
    with torch.no_grad():
        close(network.text(ids), theirs.get_text_features(input_ids=ids).pooler_output)


def test_rows_after_every_layer(tmp_path: Path) -> None:
    theirs = clip()
    network = ours(saved(theirs, tmp_path))
    with torch.no_grad():
        expected = theirs.vision_model(pixel_values=pictures(2), output_hidden_states=True).hidden_states
        for layer in range(-len(expected), len(expected)):
            close(network.image.tower.after(pictures(2), layer), expected[layer])


@pytest.mark.parametrize("size", [(30, 30), (28, 49), (64, 21)])
def test_interpolated_places(tmp_path: Path, size: tuple[int, int]) -> None:
    theirs = clip()
    network = ours(saved(theirs, tmp_path), interpolate=True)
    with torch.no_grad():
        expected = theirs.get_image_features(pixel_values=pictures(2, *size), interpolate_pos_encoding=True)
        close(network.image(pictures(2, *size)), expected.pooler_output)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("kind", ["CLIPVisionModel", "CLIPVisionModelWithProjection"])
def test_the_picture_tower_alone(tmp_path: Path, kind: str, old: bool) -> None:
    import transformers

    theirs = seeded(getattr(transformers, kind)(transformers.CLIPVisionConfig(**VISION)))
    saved(theirs, tmp_path)
    if old:
        old_names(tmp_path, "vision_model.")
    network = ours(tmp_path)
    with torch.no_grad():
        expected: Any = theirs(pixel_values=pictures(2))
        close(network.image(pictures(2)), expected[0] if "Projection" in kind else expected.pooler_output)
    assert network.text is None


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("kind", ["CLIPTextModel", "CLIPTextModelWithProjection"])
def test_the_text_tower_alone(tmp_path: Path, kind: str, old: bool) -> None:
    import transformers

    theirs = seeded(getattr(transformers, kind)(transformers.CLIPTextConfig(**TEXT)))
    saved(theirs, tmp_path)
    if old:
        old_names(tmp_path, "text_model.")
    network = ours(tmp_path)
    with torch.no_grad():
        expected: Any = theirs(input_ids=IDS)
        close(network.text(IDS), expected[0] if "Projection" in kind else expected.pooler_output)
    assert network.image is None


@pytest.mark.parametrize(
    "kind", ["CLIPVisionModel", "CLIPVisionModelWithProjection", "CLIPTextModel", "CLIPTextModelWithProjection"]
)
def test_a_tower_that_we_write_is_what_the_reference_reads(tmp_path: Path, kind: str) -> None:
    import transformers

    config = transformers.CLIPVisionConfig(**VISION) if "Vision" in kind else transformers.CLIPTextConfig(**TEXT)
    theirs = seeded(getattr(transformers, kind)(config))
    data = read_json(saved(theirs, tmp_path) / "config.json")
    save_checkpoint(tmp_path / "ours", ours(tmp_path), rules(read_config(data)), dtype=None, config=data)
    again, report = type(theirs).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report.values())
    assert all(torch.equal(one, other) for one, other in zip(again.parameters(), theirs.parameters(), strict=True))
