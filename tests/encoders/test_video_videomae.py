"""VideoMAE's encoder: rows in order, places as the paper has them, independence of items, gradients everywhere."""

import math

import pytest
import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.encoders.video_videomae import VideoMaeEncoder, tubelet_places
from sensorium.nn.block import tower_block


def encoder(layers: int = 2) -> VideoMaeEncoder:
    torch.manual_seed(0)
    made = VideoMaeEncoder(
        patches=nn.Conv3d(3, 12, (2, 4, 4), stride=(2, 4, 4)),
        shape=(4, 8, 12),
        blocks=[tower_block(12, 2, 16, activation="gelu", eps=1e-6) for _ in range(layers)],
        norm=nn.LayerNorm(12),
    )
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn_like(each) * 0.3)
    return made


def clips(items: int) -> Tensor:
    return torch.randn(items, 4, 3, 8, 12)


def test_a_batch_is_its_items_alone_and_gradients_reach_everything() -> None:
    made, frames = encoder(), clips(3)
    rows = made(frames)
    assert rows.shape == (3, 2 * 2 * 3, 12)
    torch.testing.assert_close(rows, torch.cat([made(each[None]) for each in frames]), atol=1e-5, rtol=1e-5)
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in made.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def test_rows_are_in_order_of_time_then_reading() -> None:
    made, frames = encoder(layers=0), clips(1)
    other = frames.clone()
    other[0, 2:, :, 4:, 8:] += 1  # the last tubelet
    changed = (made(frames) != made(other)).any(dim=-1)[0]
    assert changed.tolist() == [False] * 11 + [True]
    other = frames.clone()
    other[0, :2, :, :4, 4:8] += 1
    assert (made(frames) != made(other)).any(dim=-1)[0].nonzero().flatten().tolist() == [1]


def test_places_are_sines_and_cosines_in_turn() -> None:
    places = tubelet_places(1568, 768)
    for place, column in ((0, 0), (3, 0), (3, 1), (1567, 0), (1567, 1), (1567, 30), (900, 767)):
        wave = math.cos if column % 2 else math.sin
        expected = wave(place / 10_000 ** (2 * (column // 2) / 768))
        assert float(places[place, column]) == pytest.approx(expected, abs=1e-7)
    assert tubelet_places(5, 7).shape == (5, 7)


def test_places_are_no_weights() -> None:
    assert not any("places" in name for name in encoder().state_dict())


@pytest.mark.parametrize("shape", [(6, 8, 12), (4, 12, 8), (4, 8, 16), (1, 8, 12)])
def test_clips_of_another_shape_are_refused(shape: tuple[int, int, int]) -> None:
    frames, height, width = shape
    message = rf"Clips have {frames} frames of {width}x{height} pixels; this encoder takes 4 of 12x8\. Prepare"
    with pytest.raises(ConfigError, match=message):
        encoder()(torch.zeros(1, frames, 3, height, width))


def test_frames_take_the_type_of_the_weights() -> None:
    assert encoder().bfloat16()(clips(1)).dtype == torch.bfloat16
