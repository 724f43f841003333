"""VideoMAE equals the reference: rows, classes, kinds of checkpoints, old and new names, and the way back."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.models.video.reference import LABELS, clips, saved, theirs

from sensorium.core.errors import CheckpointError, UsageError
from sensorium.models.videomae.config import read_config
from sensorium.models.videomae.load import load
from sensorium.models.videomae.rules import rules
from sensorium.weights.folder import read_json
from sensorium.weights.loading import save_checkpoint

transformers = pytest.importorskip("transformers")

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)

NAMED = "VideoMAEForVideoClassification"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"use_mean_pooling": False},
        {"qv_bias": False},
        {"hidden_act": "gelu_new", "num_frames": 9, "tubelet_size": 4},  # leaves a frame over
        {"patch_size": 7},  # leaves three pixels over
    ],
)
def test_rows_and_classes_are_those_of_the_reference(tmp_path: Path, changes: dict[str, Any]) -> None:
    reference = theirs(NAMED, **changes)
    network = load(saved(reference, tmp_path)).network
    frames = clips(3, reference.config.num_frames)
    with torch.no_grad():
        close(network.rows(frames), reference.videomae(frames).last_hidden_state)
        expected = reference(frames).logits
        close(network(frames), expected)
        close(torch.cat([network(each[None]) for each in frames]), expected)
    assert float(expected.std(dim=0).mean()) > 0.1  # else everything would be equal


def test_frames_may_not_be_square(tmp_path: Path) -> None:
    reference = theirs(NAMED, image_size=[24, 40], patch_size=[8, 4])
    reference.save_pretrained(tmp_path)
    saved_settings = '{"size": {"height": 24, "width": 40}, "do_center_crop": false}'
    (tmp_path / "preprocessor_config.json").write_text(saved_settings)
    frames = torch.randn(2, 6, 3, 24, 40)
    with torch.no_grad():
        close(load(tmp_path).network(frames), reference(frames).logits)


@pytest.mark.parametrize("kind", ["VideoMAEModel", "VideoMAEForPreTraining"])
@pytest.mark.parametrize("mean", [True, False])
def test_an_encoder_alone_gives_rows_and_no_classes(tmp_path: Path, kind: str, mean: bool) -> None:
    reference = theirs(kind, use_mean_pooling=mean)
    model = load(saved(reference, tmp_path))
    encoder = reference if kind == "VideoMAEModel" else reference.videomae
    frames = clips(2, 6)
    with torch.no_grad():
        close(model.network.rows(frames), encoder(frames).last_hidden_state)
    assert model.labels == ()
    with pytest.raises(UsageError, match=r"names no classes: it is an encoder alone.*Take its rows"):
        model.network(frames)


@pytest.mark.parametrize("old", [True, False])
def test_biases_have_two_names(tmp_path: Path, old: bool) -> None:
    reference = theirs(NAMED)
    saved(reference, tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    for name in list(tensors):
        for short, long in (("q_bias", "query.bias"), ("v_bias", "value.bias")):
            wanted, other = (short, long) if old else (long, short)
            if name.endswith(other):
                tensors[name.removesuffix(other) + wanted] = tensors.pop(name)
    assert any(name.endswith("q_bias" if old else "query.bias") for name in tensors)
    save_file(tensors, tmp_path / "model.safetensors")
    frames = clips(1, 6)
    with torch.no_grad():
        close(load(tmp_path).network(frames), reference(frames).logits)


@pytest.mark.parametrize("kind", [NAMED, "VideoMAEModel"])
def test_what_we_write_the_reference_reads(tmp_path: Path, kind: str) -> None:
    reference = theirs(kind)
    data = read_json(saved(reference, tmp_path / "theirs") / "config.json")
    network = load(tmp_path / "theirs").network
    key_map = rules(read_config(data), kind == NAMED)
    save_checkpoint(tmp_path / "ours", network, key_map, dtype=None, config=data)
    back, report = getattr(transformers, kind).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report.values())
    frames = clips(2, 6)
    with torch.no_grad():
        assert torch.equal(back.eval()(frames)[0], reference(frames)[0])
    written = load_file(tmp_path / "ours" / "model.safetensors")
    prefix = "videomae." if kind == NAMED else ""
    assert f"{prefix}encoder.layer.0.attention.attention.q_bias" in written  # all versions read this one
    assert not any("key.bias" in name for name in written)


def test_weights_may_be_of_half_precision(tmp_path: Path) -> None:
    reference = theirs(NAMED)
    model = load(saved(reference, tmp_path), dtype=torch.bfloat16)
    frames = clips(1, 6)
    with torch.no_grad():
        logits = model.network(frames)
        assert logits.dtype == torch.bfloat16
        torch.testing.assert_close(logits.float(), reference(frames).logits, atol=0.1, rtol=0.1)


def test_other_weights_are_refused_by_name(tmp_path: Path) -> None:
    saved(theirs(NAMED), tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    tensors["videomae.gate"] = tensors.pop("fc_norm.bias")
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"fc_norm\.bias is missing.*videomae\.gate is not a part"):
        load(tmp_path)


def test_the_names_decide_how_many_classes(tmp_path: Path) -> None:
    folder = saved(theirs(NAMED), tmp_path)
    assert load(folder).labels == LABELS


@pytest.mark.slow
def test_the_published_size(tmp_path: Path) -> None:
    torch.manual_seed(0)
    reference = transformers.VideoMAEForVideoClassification(transformers.VideoMAEConfig()).eval()
    network = load(saved(reference, tmp_path)).network
    frames = clips(1, 16, 224)
    with torch.no_grad():
        close(network.rows(frames), reference.videomae(frames).last_hidden_state)
        close(network(frames), reference(frames).logits)
