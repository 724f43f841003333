"""What holds for every encoder: shapes, independence of items, one size beside another, gradients everywhere."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from sensorium.encoders.audio_mel import MelAudioEncoder
from sensorium.encoders.video_tubelet import TubeletVideoEncoder
from sensorium.encoders.vision_native import NativeVisionEncoder

Inputs = tuple[Tensor, ...]


def pictures(items: int, rows: int, columns: int) -> Inputs:
    return (torch.rand(items, 3, rows * 8, columns * 8) * 2 - 1,)


def sounds(items: int, rows: int, columns: int) -> Inputs:
    return (torch.randn(items, 16, rows * columns * 4),)


def clips(items: int, rows: int, columns: int) -> Inputs:
    times = torch.arange(4.0).expand(items, 4) + torch.arange(float(items)).unsqueeze(-1)
    return torch.rand(items, 4, 3, rows * 16, columns * 16) * 2 - 1, times


@dataclass(frozen=True)
class Case:
    """An encoder, what it eats, and how many rows it makes of a grid."""

    build: Callable[[], nn.Module]
    inputs: Callable[[int, int, int], Inputs]
    width: int
    rows_per_cell: int = 1


CASES = {
    "vision": Case(lambda: NativeVisionEncoder(width=16, layers=2, heads=2, hidden=24, stem=(8, 8)), pictures, 16),
    "audio": Case(
        lambda: MelAudioEncoder(mel_bins=16, width=16, layers=2, heads=2, hidden=24, stem=(4, 4, 8)), sounds, 16
    ),
    "video": Case(lambda: TubeletVideoEncoder(width=24, layers=2, heads=2, hidden=24, stem=(4, 8, 8)), clips, 24, 2),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def encoder(case: Case) -> nn.Module:
    torch.manual_seed(0)
    return case.build()


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (1, 3), (4, 1)])
def test_one_row_per_cell(case: Case, encoder: nn.Module, rows: int, columns: int) -> None:
    found = encoder(*case.inputs(2, rows, columns))
    assert found.shape == (2, rows * columns * case.rows_per_cell, case.width)
    assert bool(torch.isfinite(found).all())


def test_a_batch_is_its_items_alone(case: Case, encoder: nn.Module) -> None:
    inputs = case.inputs(3, 2, 2)
    singles = torch.cat([encoder(*(each[index : index + 1] for each in inputs)) for index in range(3)])
    torch.testing.assert_close(encoder(*inputs), singles, atol=1e-5, rtol=1e-5)


def test_items_in_another_order_give_the_same_in_that_order(case: Case, encoder: nn.Module) -> None:
    inputs = case.inputs(4, 2, 2)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(
        encoder(*(each[order] for each in inputs)), encoder(*inputs)[order], atol=1e-5, rtol=1e-5
    )


def test_place_within_an_item_matters(case: Case, encoder: nn.Module) -> None:
    inputs = case.inputs(1, 4, 4)
    turned = (inputs[0].flip(-1), *inputs[1:])
    assert not torch.allclose(encoder(*inputs).mean(dim=1), encoder(*turned).mean(dim=1), atol=1e-3)


def test_gradients_reach_every_parameter(case: Case, encoder: nn.Module) -> None:
    rows = encoder(*case.inputs(2, 2, 2))
    (rows * torch.randn_like(rows)).sum().backward()  # a plain sum would not notice what comes before the last norm
    without = [name for name, each in encoder.named_parameters() if each.grad is None or not bool(each.grad.any())]
    assert without == []


def test_a_film_shown_slower_is_another_film() -> None:
    torch.manual_seed(0)
    encoder = CASES["video"].build()
    frames, times = clips(1, 2, 2)
    assert not torch.allclose(encoder(frames, times), encoder(frames, times * 3), atol=1e-3)
    assert torch.equal(encoder(frames, times), encoder(frames, times.double()))
