"""The state of a run goes to disk and back exactly; damage and foreign files are named."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sensorium.core.errors import CheckpointError
from sensorium.training.checkpoint import Run, load_run, save_run


def make_run(seed: int, steps: int = 0) -> Run:
    torch.manual_seed(seed)
    linear, norm = nn.Linear(4, 4), nn.LayerNorm(4)
    model = nn.Sequential(linear, norm)
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.Muon([linear.weight], lr=0.01),
        torch.optim.AdamW([linear.bias, *norm.parameters()], lr=0.01, fused=True),
    ]
    run = Run(model, {name: value.clone() + 1 for name, value in model.state_dict().items()}, optimisers)
    for _ in range(steps):
        step(run)
    return run


def step(run: Run) -> None:
    model = run.objective
    (model(torch.ones(2, 4)) * torch.arange(4.0)).sum().backward()
    for optimiser in run.optimisers:
        optimiser.step()
        optimiser.zero_grad()


def weights(run: Run) -> list[torch.Tensor]:
    return [*run.objective.state_dict().values(), *run.average.values()]


def test_there_and_back_and_on(tmp_path: Path) -> None:
    path, first, second = tmp_path / "run.safetensors", make_run(0, steps=3), make_run(1)
    log = [{"step": 3, "loss": {"scenes": 1.5}}]
    save_run(path, first, step=3, log=log, fingerprint="abc")
    state = torch.get_rng_state()
    torch.rand(5)
    assert load_run(path, second, fingerprint="abc") == (3, log)
    assert torch.equal(torch.get_rng_state(), state)
    for run in (first, second):
        step(run)  # optimisers remember too
    assert all(torch.equal(*pair) for pair in zip(weights(first), weights(second), strict=True))


def test_another_run_is_refused_before_anything_is_filled(tmp_path: Path) -> None:
    path, run = tmp_path / "run.safetensors", make_run(1)
    save_run(path, make_run(0), step=1, log=[], fingerprint="abc")
    before = [each.clone() for each in weights(run)]
    with pytest.raises(CheckpointError, match="another model, mixture or seed than this recipe's"):
        load_run(path, run, fingerprint="def")
    assert all(torch.equal(*pair) for pair in zip(weights(run), before, strict=True))


@pytest.mark.parametrize("keep", [0, 9, 200, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "run.safetensors"
    save_run(path, make_run(0, steps=1), step=1, log=[], fingerprint="abc")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"not a readable checkpoint .*Delete it to begin anew"):
        load_run(path, make_run(1), fingerprint="abc")


def test_a_file_of_other_making_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="another model, mixture or seed"):
        load_run(path, make_run(0), fingerprint="abc")
