"""The state of a run goes to disk and back exactly; damage and foreign files are named."""

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Shard

from sensorium.core.errors import CheckpointError
from sensorium.training.checkpoint import Facts, Run, load_run, save_run
from sensorium.training.processes import Alone

FACTS = Facts(1, [], "abc")


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
    facts = Facts(3, [{"step": 3, "loss": {"scenes": 1.5}}], "abc")
    save_run(path, first, facts, Alone())
    state = torch.get_rng_state()
    torch.rand(5)
    assert load_run(path, second, fingerprint="abc") == facts
    assert torch.equal(torch.get_rng_state(), state)
    for run in (first, second):
        step(run)  # optimisers remember too
    assert all(torch.equal(*pair) for pair in zip(weights(first), weights(second), strict=True))


def test_another_run_is_refused_before_anything_is_filled(tmp_path: Path) -> None:
    path, run = tmp_path / "run.safetensors", make_run(1)
    save_run(path, make_run(0), FACTS, Alone())
    before = [each.clone() for each in weights(run)]
    with pytest.raises(CheckpointError, match="another model, mixture or seed than this recipe's"):
        load_run(path, run, fingerprint="def")
    assert all(torch.equal(*pair) for pair in zip(weights(run), before, strict=True))


@pytest.mark.parametrize("keep", [0, 9, 200, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "run.safetensors"
    save_run(path, make_run(0, steps=1), FACTS, Alone())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"not a readable checkpoint .*Delete it to begin anew"):
        load_run(path, make_run(1), fingerprint="abc")


def test_a_file_of_other_making_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="another model, mixture or seed"):
        load_run(path, make_run(0), fingerprint="abc")


class One(Alone):
    """One of two processes."""

    size = 2

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.leads = rank == 0


def in_pieces(run: Run, mesh: DeviceMesh, rank: int) -> Run:
    """What one of two processes has of a run of one: its rows, in tensors that say they are pieces."""

    def piece(value: torch.Tensor) -> torch.Tensor:
        rows = value.detach().chunk(2)[rank].clone()
        return DTensor.from_local(rows, mesh, [Shard(0)], run_check=False, shape=value.shape, stride=value.stride())

    model = copy.deepcopy(run.objective)
    for name, parameter in run.objective.named_parameters():
        owner, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(owner), leaf, nn.Parameter(piece(parameter)))
    return Run(model, {name: piece(value) for name, value in run.average.items()}, [])


def plain(run: Run) -> Run:
    return Run(run.objective, run.average, [])


def save_pieces(path: Path, run: Run, mesh: DeviceMesh, step: int, ranks: tuple[int, ...] = (1, 0)) -> None:
    for rank in ranks:
        save_run(path, in_pieces(run, mesh, rank), Facts(step, [], "abc"), One(rank))


def test_pieces_are_read_as_the_whole(tmp_path: Path, mesh: DeviceMesh) -> None:
    path, run, other = tmp_path / "run.safetensors", make_run(0), make_run(1)
    save_pieces(path, run, mesh, 4)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run-4-1.safetensors", "run.safetensors"]
    assert load_run(path, plain(other), fingerprint="abc").step == 4
    assert all(torch.equal(*pair) for pair in zip(weights(run), weights(other), strict=True))


def test_killed_between_pieces_the_last_whole_one_is_used(tmp_path: Path, mesh: DeviceMesh) -> None:
    path, run, other = tmp_path / "run.safetensors", make_run(0), make_run(2)
    save_pieces(path, run, mesh, 4)
    save_pieces(path, make_run(1), mesh, 8, ranks=(1,))
    assert load_run(path, plain(other), fingerprint="abc").step == 4
    assert all(torch.equal(*pair) for pair in zip(weights(run), weights(other), strict=True))
    save_pieces(path, make_run(1), mesh, 12)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run-12-1.safetensors", "run.safetensors"]
    save_run(path, run, Facts(16, [], "abc"), Alone())
    assert [each.name for each in tmp_path.iterdir()] == ["run.safetensors"]


def test_a_piece_that_is_missing_or_of_another_step_is_named(tmp_path: Path, mesh: DeviceMesh) -> None:
    path, run = tmp_path / "run.safetensors", make_run(1)
    before = [each.clone() for each in weights(run)]
    save_pieces(path, make_run(0), mesh, 4)
    piece = tmp_path / "run-4-1.safetensors"
    kept = piece.rename(tmp_path / "kept")
    with pytest.raises(CheckpointError, match=r"run-4-1\.safetensors: not a readable checkpoint"):
        load_run(path, plain(run), fingerprint="abc")
    save_pieces(path, make_run(0), mesh, 8)
    kept.rename(tmp_path / "run-8-1.safetensors")
    with pytest.raises(CheckpointError, match=r"run-8-1\.safetensors: of another step or run than run\.safetensors"):
        load_run(path, plain(run), fingerprint="abc")
    assert all(torch.equal(*pair) for pair in zip(weights(run), before, strict=True))
