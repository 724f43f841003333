"""Folders that the reference writes, loaded whole: pixels, ids, embeddings, scores and chances are the reference's."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.models.dual.folders import TEXTS, clip_folder, images, reference_outputs, siglip_folder

from sensorium.models.clip import config as clip_config
from sensorium.models.clip import rules as clip_rules
from sensorium.models.dual.load import load_dual
from sensorium.models.dual.model import TEMPLATE
from sensorium.models.siglip import config as siglip_config
from sensorium.models.siglip import rules as siglip_rules
from sensorium.weights.checkpoint import read_json
from sensorium.weights.keymap import KeyMap
from sensorium.weights.loading import save_checkpoint

transformers = pytest.importorskip("transformers")

close = partial(np.testing.assert_allclose, atol=1e-4, rtol=1e-4)

FAMILIES = {"clip": clip_folder, "siglip": siglip_folder}
RULES: dict[str, Callable[[Mapping[str, object]], KeyMap]] = {
    "clip": lambda data: clip_rules.rules(clip_config.read_config(data)),
    "siglip": lambda data: siglip_rules.rules(siglip_config.read_config(data)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings_scores_and_chances_are_those_of_the_reference(tmp_path: Path, family: str) -> None:
    theirs = FAMILIES[family](tmp_path)
    model = load_dual(tmp_path)
    said = [*TEXTS, *(TEMPLATE.replace("{}", name) for name in ("cat", "dog"))]
    found, ids = reference_outputs(theirs, tmp_path, family, said)
    pictures, texts = model.embed(images()), model.embed(said)
    assert model._texts is not None
    torch.testing.assert_close(model._texts(said)[0], ids)
    close(pictures, found.image_embeds)
    close(texts, found.text_embeds)
    close(model.scores(pictures, texts), found.logits_per_image)
    logits = found.logits_per_image[:, -2:]
    chances = logits.softmax(dim=-1) if family == "clip" else logits.sigmoid()
    for picture, chance in zip(images(), chances, strict=True):
        close(model.classify(picture, ["cat", "dog"]), chance)


def test_a_mask_that_the_tokenizer_gives_is_obeyed(tmp_path: Path) -> None:
    theirs = siglip_folder(tmp_path, model_input_names=["input_ids", "attention_mask"], padding_side="left")
    found, ids = reference_outputs(theirs, tmp_path, "siglip", TEXTS)
    model = load_dual(tmp_path)
    assert model._texts is not None
    torch.testing.assert_close(model._texts(TEXTS)[0], ids)
    close(model.embed(TEXTS), found.text_embeds)


def test_the_tokenizer_of_siglip_2_reads_small_letters(tmp_path: Path) -> None:
    theirs = siglip_folder(tmp_path)
    special = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
    pieces = [*special, *"▁abcdefghijklmnopqrstuvwxyz0123456789!,é", "▁a", "ca", "cat"]
    tokenizer = transformers.GemmaTokenizer(
        vocab={piece: index for index, piece in enumerate(pieces)},
        merges=[("▁", "a"), ("c", "a"), ("ca", "t")],
        add_bos_token=False,
        add_eos_token=True,
        padding_side="right",
        do_lower_case=True,
        model_input_names=["input_ids"],
        model_max_length=32,
    )
    tokenizer.save_pretrained(tmp_path)
    found, ids = reference_outputs(theirs, tmp_path, "siglip", [text.lower() for text in TEXTS])
    model = load_dual(tmp_path)
    assert model._texts is not None
    torch.testing.assert_close(model._texts(TEXTS)[0], ids)
    assert ids[0].tolist()[-1] == 0
    close(model.embed(TEXTS), found.text_embeds)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_we_write_is_what_the_reference_reads(tmp_path: Path, family: str) -> None:
    theirs = FAMILIES[family](tmp_path)
    data = read_json(tmp_path / "config.json")
    network, keymap = load_dual(tmp_path).network, RULES[family](data)
    save_checkpoint(tmp_path / "ours", network, keymap, dtype=None, config=data)
    again, report = type(theirs).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report.values())
    assert {name: each.tolist() for name, each in again.named_parameters()} == {
        name: each.tolist() for name, each in theirs.named_parameters()
    }
