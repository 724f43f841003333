"""R3D's encoder: clips of any shape, independence of items in training too, statistics that stay, gradients."""

import pytest
import torch
from torch import Tensor, nn

from sensorium.encoders.video_r3d import R3dEncoder


def encoder() -> R3dEncoder:
    torch.manual_seed(0)
    made = R3dEncoder(channels=(4, 6, 8, 10), depths=(1, 2, 1, 1))
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")  # else little comes through
        for name, each in made.named_buffers():
            if name.endswith("running_mean"):
                each.normal_(std=0.2)
            elif name.endswith("running_var"):
                each.uniform_(0.5, 1.5)
    return made


def clips(items: int, frames: int = 5, height: int = 20, width: int = 24) -> Tensor:
    return torch.randn(items, frames, 3, height, width)


@pytest.mark.parametrize(
    ("shape", "rows"), [((16, 112, 112), 2 * 7 * 7), ((5, 20, 24), 1 * 2 * 2), ((1, 17, 33), 1 * 2 * 3), ((9, 1, 1), 2)]
)
def test_a_row_for_each_cell_of_the_last_stage(shape: tuple[int, int, int], rows: int) -> None:
    with torch.no_grad():
        assert encoder()(clips(1, *shape)).shape == (1, rows, 10)


@pytest.mark.parametrize("training", [False, True])
def test_a_batch_is_its_items_alone_and_gradients_reach_everything(training: bool) -> None:
    made, frames = encoder().train(training), clips(3)
    rows = made(frames)
    torch.testing.assert_close(rows, torch.cat([made(each[None]) for each in frames]), atol=1e-5, rtol=1e-5)
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in made.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def test_statistics_stay_from_the_first_moment_on() -> None:
    made = encoder()
    before = {name: each.clone() for name, each in made.named_buffers()}
    made(clips(2))  # as built: nobody called eval
    made.train()(clips(2))
    nn.Sequential(made).train()[0](clips(2))  # as a part of a model in training
    assert all(torch.equal(each, before[name]) for name, each in made.named_buffers())
