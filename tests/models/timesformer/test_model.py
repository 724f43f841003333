"""TimeSformer equals the reference: rows, classes, an encoder alone, and the way back."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.models.video.reference import clips, saved, theirs

from sensorium.core.errors import UsageError
from sensorium.models.timesformer.config import read_config
from sensorium.models.timesformer.load import load
from sensorium.models.timesformer.rules import rules
from sensorium.weights.folder import read_json
from sensorium.weights.loading import save_checkpoint

transformers = pytest.importorskip("transformers")

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)

NAMED = "TimesformerForVideoClassification"


@pytest.mark.parametrize(
    "changes", [{}, {"qkv_bias": False, "hidden_act": "relu"}, {"num_frames": 1, "patch_size": 12}]
)
def test_rows_and_classes_are_those_of_the_reference(tmp_path: Path, changes: dict[str, Any]) -> None:
    reference = theirs(NAMED, **changes)
    network = load(saved(reference, tmp_path)).network
    frames = clips(3, reference.config.num_frames)
    with torch.no_grad():
        close(network.rows(frames), reference.timesformer(frames).last_hidden_state)
        expected = reference(frames).logits
        close(network(frames), expected)
        close(torch.cat([network(each[None]) for each in frames]), expected)
    assert float(expected.std(dim=0).mean()) > 0.03  # else everything would be equal: 300 times the tolerance


def test_an_encoder_alone_gives_rows_and_no_classes(tmp_path: Path) -> None:
    reference = theirs("TimesformerModel")
    model = load(saved(reference, tmp_path))
    frames = clips(2, 4)
    with torch.no_grad():
        close(model.network.rows(frames), reference(frames).last_hidden_state)
    with pytest.raises(UsageError, match="names no classes"):
        model.network(frames)


@pytest.mark.parametrize("kind", [NAMED, "TimesformerModel"])
def test_what_we_write_the_reference_reads(tmp_path: Path, kind: str) -> None:
    reference = theirs(kind)
    data = read_json(saved(reference, tmp_path / "theirs") / "config.json")
    network = load(tmp_path / "theirs").network
    key_map = rules(read_config(data), kind == NAMED)
    save_checkpoint(tmp_path / "ours", network, key_map, dtype=None, config=data)
    back, report = getattr(transformers, kind).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report.values())
    frames = clips(2, 4)
    with torch.no_grad():
        assert torch.equal(back.eval()(frames)[0], reference(frames)[0])


def test_the_order_of_frames_counts(tmp_path: Path) -> None:
    network = load(saved(theirs(NAMED), tmp_path)).network
    frames = clips(1, 4)
    with torch.no_grad():
        assert not torch.allclose(network(frames), network(frames.flip(1)), atol=1e-2)


@pytest.mark.slow
def test_the_published_size(tmp_path: Path) -> None:
    torch.manual_seed(0)
    reference = transformers.TimesformerForVideoClassification(transformers.TimesformerConfig()).eval()
    network = load(saved(reference, tmp_path)).network
    frames = clips(1, 8, 224)
    with torch.no_grad():
        close(network.rows(frames), reference.timesformer(frames).last_hidden_state)
        close(network(frames), reference(frames).logits)
