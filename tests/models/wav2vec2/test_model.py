"""The network of wav2vec 2.0 equals the reference's in both forms; names old and new; the way back."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.models.wav2vec2.reference import BASE, LARGE, ODD, noise, wav2vec2

from sensorium.core.errors import CheckpointError, EngineError
from sensorium.models.wav2vec2.config import read_config
from sensorium.models.wav2vec2.model import CtcNetwork, build, build_encoder
from sensorium.models.wav2vec2.rules import encoder_rules, rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint, save_checkpoint

pytest.importorskip("transformers")

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)
SOUNDS = torch.stack([torch.from_numpy(noise(0.5, seed)) for seed in range(2)])
OLD = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}


def ours(folder: Path) -> CtcNetwork:
    config = read_config(read_json(folder / "config.json"))
    with Unfilled():
        network = build(config)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=torch.float32)
    return network.eval()


def renamed(folder: Path, names: dict[str, str]) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    for old, new in names.items():
        tensors = {name.replace(old, new): each for name, each in tensors.items()}
    save_file(tensors, file)


@pytest.mark.parametrize("form", [BASE, LARGE, ODD], ids=["base", "large", "odd"])
def test_rows_and_scores_are_those_of_the_reference(tmp_path: Path, form: dict[str, Any]) -> None:
    theirs = wav2vec2(form)
    theirs.save_pretrained(tmp_path)
    network = ours(tmp_path)
    with torch.no_grad():
        expected = theirs(SOUNDS)
        close(network.encoder(SOUNDS), theirs.wav2vec2(SOUNDS).last_hidden_state)
        close(network(SOUNDS), expected.logits)
        close(network(SOUNDS)[1:], network(SOUNDS[1:]))
    assert float(expected.logits.std()) > 0.5
    assert network.rows(SOUNDS.shape[1]) == expected.logits.shape[1]
    assert (network.stride, network.reach) == (320, 400)


@pytest.mark.parametrize("samples", [400, 719, 720, 721, 5000])
def test_rows_of_any_length(tmp_path: Path, samples: int) -> None:
    theirs = wav2vec2(LARGE)
    theirs.save_pretrained(tmp_path)
    network = ours(tmp_path)
    with torch.no_grad():
        found = network(SOUNDS[:, :samples])
        close(found, theirs(SOUNDS[:, :samples]).logits)
    assert found.shape[1] == network.rows(samples)


def test_too_short_a_sound(tmp_path: Path) -> None:
    wav2vec2(BASE).save_pretrained(tmp_path)
    network = ours(tmp_path)
    assert network.rows(399) == network.rows(0) == 0
    with pytest.raises(EngineError, match="got 399 samples; the encoder takes at least 400"):
        network(SOUNDS[:, :399])


@pytest.mark.parametrize("old", [False, True])
def test_both_spellings_of_the_weight_norm(tmp_path: Path, old: bool) -> None:
    theirs = wav2vec2(BASE)
    theirs.save_pretrained(tmp_path)
    renamed(tmp_path, OLD if old else {new: spelled for spelled, new in OLD.items()})
    names = Checkpoint.open(tmp_path).names
    assert any(name.endswith("weight_g" if old else "original0") for name in names)
    with torch.no_grad():
        close(ours(tmp_path)(SOUNDS), theirs(SOUNDS).logits)


@pytest.mark.parametrize("form", [BASE, LARGE], ids=["base", "large"])
def test_export_back(tmp_path: Path, form: dict[str, Any]) -> None:
    import transformers

    theirs = wav2vec2(form)
    theirs.save_pretrained(tmp_path)
    config = read_config(read_json(tmp_path / "config.json"))
    table = {"model_type": "wav2vec2"} | vars(config)
    save_checkpoint(tmp_path / "out", ours(tmp_path), rules(config), dtype=None, config=table)
    assert any(name.endswith("conv.weight_g") for name in Checkpoint.open(tmp_path / "out").names)
    again = transformers.Wav2Vec2ForCTC.from_pretrained(tmp_path / "out")
    with torch.no_grad():
        assert torch.equal(again(SOUNDS).logits, theirs(SOUNDS).logits)


@pytest.mark.parametrize("kind", ["Wav2Vec2Model", "Wav2Vec2ForCTC", "Wav2Vec2ForPreTraining"])
def test_the_encoder_alone_of_any_checkpoint(tmp_path: Path, kind: str) -> None:
    theirs = wav2vec2(BASE, kind)
    theirs.save_pretrained(tmp_path)
    config = read_config(read_json(tmp_path / "config.json"))
    encoder = build_encoder(config)
    report = load_checkpoint(encoder, Checkpoint.open(tmp_path), encoder_rules(config), dtype=torch.float32)
    with torch.no_grad():
        expected = getattr(theirs, "wav2vec2", theirs)(SOUNDS).last_hidden_state
        close(encoder(SOUNDS), expected)
    assert any("masked_spec_embed" in name for name in report.dropped)


def test_a_checkpoint_without_head_is_refused_by_name(tmp_path: Path) -> None:
    wav2vec2(BASE, "Wav2Vec2ForPreTraining").save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match=r"lm_head\.weight is missing"):
        ours(tmp_path)
