"""What was trained is written as its family's checkpoint, with all that lay beside its weights."""

from pathlib import Path

import torch
from tests.models.text.folders import write

from sensorium.models.key_maps import family_map
from sensorium.models.text.model import load
from sensorium.training.families import save_like
from sensorium.weights.checkpoint import Checkpoint


def test_there_and_back(tmp_path: Path) -> None:
    start, out = write(tmp_path / "start", "smollm2"), tmp_path / "out"
    model = load(start).float()
    with torch.no_grad():
        next(model.parameters()).mul_(2.0)
    save_like(start, model, family_map("text", start), out)
    names = {path.name for path in start.iterdir() if path.suffix != ".safetensors"}
    assert names | {"model.safetensors"} == {path.name for path in out.iterdir()}
    for name in names - {"config.json"}:
        assert (out / name).read_bytes() == (start / name).read_bytes()
    old, new = Checkpoint.open(start), Checkpoint.open(out)
    assert {*new.names} == {*old.names}
    assert {new.dtype(name) for name in new.names} == {old.dtype(name) for name in old.names}
    for name, weight in load(out).state_dict().items():
        torch.testing.assert_close(weight.float(), model.state_dict()[name], atol=0, rtol=0)
