"""What the reference made of a clip with a tiny checkpoint (made by tests/parity/make_golden_video.py)."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from sensorium.models.timesformer.load import load

GOLDEN = Path(__file__).parent / "golden"


def test_rows_and_classes_are_those_recorded() -> None:
    expected = load_file(GOLDEN / "expected.safetensors")
    network = load(GOLDEN).network
    with torch.no_grad():
        torch.testing.assert_close(network.rows(expected["frames"]), expected["rows"], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(network(expected["frames"]), expected["logits"], atol=1e-4, rtol=1e-4)
    assert float(expected["rows"].std()) > 0.1
