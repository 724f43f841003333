"""Weights go to disk and back; whatever does not fit is refused, all of it by name."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from sensorium.core.errors import CheckpointError
from sensorium.weights.store import load_weights, save_weights


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def write(path: Path, module: nn.Module, **changes: torch.Tensor | None) -> None:
    """Weights of the module with some replaced, added or (None) left out; dots are written as two underscores."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    tensors = {name: value for name, value in (module.state_dict() | named).items() if value is not None}
    save_weights(path, tensors, dtype=torch.float16)


def test_there_and_back_in_half_precision(path: Path, module: nn.Module) -> None:
    write(path, module)
    other = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    load_weights(path, other)
    for name, value in module.state_dict().items():
        assert other.state_dict()[name].dtype == torch.float32
        assert torch.equal(other.state_dict()[name], value.half().float())
    assert {each.dtype for each in load_file(path).values()} == {torch.float16}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"0__bias": None}, r"0\.bias is missing"),
        ({"2__extra": torch.zeros(1)}, r"2\.extra is not a part of this model"),
        ({"0__weight": torch.zeros(4, 5)}, r"0\.weight has shape \[4, 5\], not \[4, 3\]"),
        ({"0__weight": torch.zeros(4)}, r"0\.weight has shape \[4\]"),
        ({"1__bias": torch.tensor([0, 1, torch.nan, 3])}, r"1\.bias has numbers that are not finite"),
        ({"1__bias": torch.full((4,), 1e9)}, r"1\.bias has numbers that are not finite"),  # too large for fp16
        ({"0__bias": None, "1__bias": torch.zeros(9)}, r"0\.bias is missing; 1\.bias has shape"),
    ],
)
def test_faults_are_named_and_nothing_is_loaded(
    path: Path, module: nn.Module, changes: dict[str, torch.Tensor | None], message: str
) -> None:
    write(path, module, **changes)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(CheckpointError, match=message):
        load_weights(path, module)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize("keep", [0, 7, 60, -1])
def test_a_truncated_file_is_not_readable(path: Path, module: nn.Module, keep: int) -> None:
    write(path, module)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="not readable as safetensors"):
        load_weights(path, module)


def test_a_missing_file_is_not_readable(path: Path, module: nn.Module) -> None:
    with pytest.raises(CheckpointError, match="not readable as safetensors"):
        load_weights(path, module)
