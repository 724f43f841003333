"""Rows of a whole tensor, and a whole tensor of rows."""

import pytest
import torch
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Shard

from sensorium.training.shards import fill, is_sharded, own, rows_of, whole


def test_what_is_whole_stays_as_it_is() -> None:
    tensor = torch.arange(6.0).view(3, 2)
    assert not is_sharded(tensor)
    assert whole(tensor) is tensor
    fill(tensor, torch.ones(3, 2))
    assert torch.equal(tensor, torch.ones(3, 2))


def test_there_and_back(mesh: DeviceMesh) -> None:
    tensor = DTensor.from_local(torch.zeros(3, 2), mesh, [Shard(0)])
    fill(tensor, torch.arange(6.0).view(3, 2))
    assert is_sharded(tensor)
    assert torch.equal(own(tensor), torch.arange(6.0).view(3, 2))
    assert torch.equal(whole(tensor), own(tensor))


@pytest.mark.parametrize(("rank", "rows"), [(0, [0, 1]), (1, [2, 3]), (2, [4]), (3, [])])
def test_rows_are_cut_as_chunks(mesh: DeviceMesh, monkeypatch: pytest.MonkeyPatch, rank: int, rows: list[int]) -> None:
    """Five rows for four processes: the last one has none."""
    tensor = DTensor.from_local(torch.zeros(5), mesh, [Shard(0)])
    monkeypatch.setattr(DeviceMesh, "size", lambda self, dim=None: 4)
    monkeypatch.setattr(DeviceMesh, "get_local_rank", lambda self, dim=None: rank)
    assert rows_of(torch.arange(5), tensor).tolist() == rows
