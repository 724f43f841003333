"""A big batch in pieces, and over two processes, has the gradient of the whole."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.big_batch import everybodys, in_pieces
from sensorium.nn.contrast import info_nce


def parts() -> tuple[nn.Linear, nn.Parameter, Tensor]:
    torch.manual_seed(0)
    return nn.Linear(5, 4), nn.Parameter(torch.tensor(3.0)), torch.randn(12, 5)


def test_pieces_have_the_gradient_of_the_whole() -> None:
    network, scale, data = parts()

    def encode(piece: Tensor) -> Tensor:
        return F.normalize(network(piece), dim=-1)

    def loss(rows: Tensor) -> Tensor:
        return info_nce(rows[:6], rows[6:], scale.exp())

    parameters = [*network.parameters(), scale]
    whole = torch.autograd.grad(loss(encode(data)), parameters)
    total = [torch.zeros_like(each) for each in parameters]
    for piece_loss in in_pieces(encode, data.split(5), loss):
        found = torch.autograd.grad(piece_loss, parameters, allow_unused=True)
        total = [one if two is None else one + two for one, two in zip(total, found, strict=True)]
    for one, two in zip(whole, total, strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=0)


def test_one_process_gathers_itself() -> None:
    rows = torch.ones(2, 3)
    assert everybodys(rows) is rows


def _gradients(data: Tensor) -> tuple[Tensor, ...]:
    network, scale, _ = parts()
    rows = F.normalize(network(data), dim=-1)
    count = len(data) // 2
    left, right = everybodys(rows[:count]), everybodys(rows[count:])
    return torch.autograd.grad(info_nce(left, right, scale.exp()), [*network.parameters(), scale])


def _work(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    _, _, data = parts()
    own = torch.cat((data[3 * rank : 3 * rank + 3], data[6 + 3 * rank : 9 + 3 * rank]))
    found = _gradients(own)
    for each in found:
        dist.all_reduce(each)
    torch.save([each / 2 for each in found], f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_have_the_gradient_of_the_whole(tmp_path: Path) -> None:
    workers = [subprocess.Popen([sys.executable, __file__, str(rank), str(tmp_path)]) for rank in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    whole = _gradients(parts()[2])
    for rank in range(2):
        for one, two in zip(whole, torch.load(tmp_path / f"{rank}.pt", weights_only=True), strict=True):
            torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)


if __name__ == "__main__":
    _work(int(sys.argv[1]), sys.argv[2])
