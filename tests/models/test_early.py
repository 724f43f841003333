"""Readers that lie in a checkpoint's pages take no memory once the rows are made."""

from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from sensorium.inputs.carrier import MediaBatch, ModelInputs, Span
from sensorium.language.decoder import Decoder
from sensorium.models.early import EarlyFusion
from sensorium.weights.checkpoint import SINGLE, Checkpoint
from sensorium.weights.keymap import KeyMap, rename
from sensorium.weights.loading import load_checkpoint
from sensorium.weights.store import save_weights

ONE = torch.zeros(1, 1, dtype=torch.int64)


class Summing(nn.Module):
    """A reader of one row: the sum of its weight, 16 MB."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((4_000_000,), 0.25))

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        return [self.weight.sum().view(1, 1) for _ in batch.features]


@pytest.fixture
def network(tmp_path: Path) -> EarlyFusion:
    """One whose reader lies in a file."""
    save_weights(tmp_path / SINGLE, Summing().state_dict(), dtype=None)
    reader = Summing()
    report = load_checkpoint(reader, Checkpoint.open(tmp_path), KeyMap((rename("weight", "weight"),)), dtype=None)
    assert report.mapped == report.bytes
    return EarlyFusion(readers={"image": reader}, language=cast("Decoder", nn.Identity()))


def inputs() -> ModelInputs:
    media = MediaBatch("image", features=(torch.zeros(3),), spans=(Span(0, 1),))
    return ModelInputs(ids=ONE, positions=ONE, present=None, media=(media,), places=(torch.ones(1, 1).bool(),))


def of_files() -> float:
    """Megabytes of files that this process has in memory."""
    return int(Path("/proc/self/status").read_text("ascii").partition("RssFile:")[2].split()[0]) / 1e3


@pytest.mark.skipif(not Path("/proc/self/pagemap").exists(), reason="only Linux tells whose pages are")
def test_the_memory_of_a_reader_is_given_back_before_the_decoder_begins(network: EarlyFusion) -> None:
    before = of_files()
    with torch.inference_mode():
        encoded = network.encode(inputs())
        assert encoded.media[0].rows[0].item() == 1_000_000
        assert of_files() - before < 4
        assert network.encode(inputs()).media[0].rows[0].item() == 1_000_000
    rows = network.rows(inputs().media[0])  # in training, gradients need it next
    assert of_files() - before > 12
    rows[0].sum().backward()


def test_what_was_changed_in_place_stays(network: EarlyFusion) -> None:
    with torch.inference_mode():
        network.readers["image"].get_parameter("weight")[:1000] = 1.25
        for _ in range(2):
            assert network.rows(inputs().media[0])[0].item() == 1_001_000
