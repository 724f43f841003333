"""The network of SigLIP equals the reference's: rows, features, scores; towers alone; old and new names."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.models.dual.reference import SIGLIP_TEXT, SIGLIP_VISION, old_names, pictures, saved, seeded, siglip

from sensorium.core.errors import ConfigError
from sensorium.models.siglip.config import SiglipConfig, SiglipVisionConfig, read_config
from sensorium.models.siglip.model import build
from sensorium.models.siglip.rules import rules
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


IDS = torch.tensor([[7, 30, 12, *[1] * 9], [5, *[1] * 11], [9, 9, 33, 57, 8, 50, 11, 12, 13, 14, 15, 1]])


def test_features_and_scores_are_those_of_the_reference(tmp_path: Path) -> None:
    theirs = siglip()
    network = ours(saved(theirs, tmp_path))
    with torch.no_grad():
        expected = theirs(input_ids=IDS, pixel_values=pictures(4))
        images, texts = network.embed_images(pictures(4)), network.embed_texts(IDS)
        close(network.image(pictures(4)), expected.vision_model_output.pooler_output)
        close(network.image.tower(pictures(4)), expected.vision_model_output.last_hidden_state)
        close(network.text(IDS), expected.text_model_output.pooler_output)
        close(images, expected.image_embeds)
        close(texts, expected.text_embeds)
        close(network.scores(images, texts), expected.logits_per_image)
        close(network.chances(network.scores(images, texts)), expected.logits_per_image.sigmoid())
    assert float(expected.logits_per_image.std()) > 0.3  # else everything would be equal


def test_a_mask_hides_padding(tmp_path: Path) -> None:
    theirs = siglip()
    network = ours(saved(theirs, tmp_path))
    present = torch.ones_like(IDS)
    present[:, 2:-1] = 0
    with torch.no_grad():
        masked = network.text(IDS, present.bool())
        close(masked, theirs.get_text_features(input_ids=IDS, attention_mask=present).pooler_output)
        assert not torch.allclose(masked, network.text(IDS), atol=1e-2)


def test_rows_after_every_layer(tmp_path: Path) -> None:
    theirs = siglip()
    network = ours(saved(theirs, tmp_path))
    with torch.no_grad():
        expected = theirs.vision_model(pixel_values=pictures(2), output_hidden_states=True).hidden_states
        for layer in range(-len(expected), len(expected)):
            close(network.image.tower.after(pictures(2), layer), expected[layer])


@pytest.mark.parametrize("size", [(28, 49), (64, 21)])
def test_interpolated_places(tmp_path: Path, size: tuple[int, int]) -> None:
    theirs = siglip()
    network = ours(saved(theirs, tmp_path), interpolate=True)
    with torch.no_grad():
        expected = theirs.get_image_features(pixel_values=pictures(2, *size), interpolate_pos_encoding=True)
        close(network.image(pictures(2, *size)), expected.pooler_output)


@pytest.mark.parametrize("old", [False, True])
def test_the_picture_tower_alone(tmp_path: Path, old: bool) -> None:
    import transformers

    theirs = seeded(transformers.SiglipVisionModel(transformers.SiglipVisionConfig(**SIGLIP_VISION)))
    saved(theirs, tmp_path)
    if old:
        old_names(tmp_path, "vision_model.")
    network = ours(tmp_path)
    with torch.no_grad():
        close(network.image(pictures(2)), theirs(pixel_values=pictures(2)).pooler_output)
    assert network.text is None


@pytest.mark.parametrize("old", [False, True])
def test_the_text_tower_alone(tmp_path: Path, old: bool) -> None:
    import transformers

    theirs = seeded(transformers.SiglipTextModel(transformers.SiglipTextConfig(**SIGLIP_TEXT)))
    saved(theirs, tmp_path)
    if old:
        old_names(tmp_path, "text_model.")
    network = ours(tmp_path)
    with torch.no_grad():
        close(network.text(IDS), theirs(input_ids=IDS).pooler_output)
    assert network.image is None


@pytest.mark.parametrize("kind", ["SiglipVisionModel", "SiglipTextModel"])
def test_a_tower_that_we_write_is_what_the_reference_reads(tmp_path: Path, kind: str) -> None:
    import transformers

    configs = {"Vision": transformers.SiglipVisionConfig(**SIGLIP_VISION)}
    config = configs.get(kind[6:12]) or transformers.SiglipTextConfig(**SIGLIP_TEXT)
    theirs = seeded(getattr(transformers, kind)(config))
    data = read_json(saved(theirs, tmp_path) / "config.json")
    save_checkpoint(tmp_path / "ours", ours(tmp_path), rules(read_config(data)), dtype=None, config=data)
    again, report = type(theirs).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report.values())
    assert all(torch.equal(one, other) for one, other in zip(again.parameters(), theirs.parameters(), strict=True))


def test_a_tower_that_only_gives_rows_is_no_embedder() -> None:
    with pytest.raises(ConfigError, match=r"vision_use_head is false.*expected true\. Load"):
        build(SiglipConfig(SiglipVisionConfig(vision_use_head=False), None))
