"""Muon over matrices in pieces moves as Muon over whole ones."""

import pytest
import torch
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Shard

from sensorium.training.muon import ShardedMuon
from sensorium.training.shards import whole


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_as_muon_of_whole_matrices(mesh: DeviceMesh, shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    plain, idle = nn.Parameter(torch.randn(shape)), nn.Parameter(torch.randn(shape))
    pieces = [nn.Parameter(DTensor.from_local(each.detach().clone(), mesh, [Shard(0)])) for each in (plain, idle)]
    expected = torch.optim.Muon([plain, idle], lr=0.1, weight_decay=0.2)
    muon = ShardedMuon(pieces, lr=0.1, weight_decay=0.2)
    for _ in range(3):
        plain.grad = torch.randn(shape)
        pieces[0].grad = DTensor.from_local(plain.grad.clone(), mesh, [Shard(0)])
        for optimiser in (expected, muon):
            for group in optimiser.param_groups:
                group["lr"] *= 0.9
            optimiser.step()
        torch.testing.assert_close(whole(pieces[0]).detach(), plain.detach())
    assert torch.equal(whole(pieces[1]), idle)
    momenta = [optimiser.state_dict()["state"][0]["momentum_buffer"] for optimiser in (expected, muon)]
    torch.testing.assert_close(whole(momenta[1]), momenta[0])
