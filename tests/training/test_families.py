"""What was trained is written as its family's checkpoint, with all that lay beside its weights."""

from importlib import import_module
from pathlib import Path

import pytest
import torch
from tests.models.text.folders import write

from sensorium.core.errors import UsageError
from sensorium.models.catalog import FAMILIES
from sensorium.models.text.model import load
from sensorium.training.families import _MAPS, family_map, save_like
from sensorium.weights.checkpoint import Checkpoint


@pytest.mark.parametrize("family", [name for name in FAMILIES.names() if name not in ("nano", "composed")])
def test_every_family_has_a_map(family: str) -> None:
    assert callable(import_module(f"sensorium.models.{family}.config").read_config)
    module, _, name = _MAPS.get(family, f"sensorium.models.{family}.rules:rules").partition(":")
    assert callable(getattr(import_module(module), name))


def test_a_family_without_a_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="models of the family nowhere cannot be written"):
        family_map("nowhere", tmp_path)


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
