"""TimeSformer's encoder: what each attention sees, rows in order, independence of items, gradients everywhere."""

import pytest
import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.encoders.video_timesformer import DividedBlock, TimesformerEncoder
from sensorium.nn.attention import Attention
from sensorium.nn.mlp import Mlp

FRAMES, PLACES, WIDTH = 3, 4, 12


def block() -> DividedBlock:
    def attention() -> Attention:
        return Attention(width=WIDTH, heads=2, bias=True, out_bias=True)

    return DividedBlock(
        time_norm=nn.LayerNorm(WIDTH),
        time_attention=attention(),
        time_out=nn.Linear(WIDTH, WIDTH),
        attention_norm=nn.LayerNorm(WIDTH),
        attention=attention(),
        mlp_norm=nn.LayerNorm(WIDTH),
        mlp=Mlp(WIDTH, 16),
    )


def random(module: nn.Module) -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        for each in module.parameters():
            each.copy_(torch.randn_like(each) * 0.3)


def encoder() -> TimesformerEncoder:
    made = TimesformerEncoder(
        patches=nn.Conv2d(3, WIDTH, 4, stride=4),
        frames=FRAMES,
        side=8,
        blocks=[block(), block()],
        norm=nn.LayerNorm(WIDTH),
    )
    random(made)
    return made


def clips(items: int) -> Tensor:
    return torch.randn(items, FRAMES, 3, 8, 8)


def test_a_batch_is_its_items_alone_and_gradients_reach_everything() -> None:
    made, frames = encoder(), clips(3)
    rows = made(frames)
    assert rows.shape == (3, 1 + PLACES * FRAMES, WIDTH)
    torch.testing.assert_close(rows, torch.cat([made(each[None]) for each in frames]), atol=1e-5, rtol=1e-5)
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in made.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def reached(without: str = "") -> tuple[bool, list[list[bool]]]:
    """What the patch at place 2 of frame 1 reaches in one block: the class token, and the patches [P][F].

    Without "time_out.weight" or "attention.out.weight" a block has no attention over time, or over space.
    """
    made = block()
    random(made)
    if without:
        with torch.no_grad():
            made.get_parameter(without).zero_()
    x = torch.randn(1, 1 + PLACES * FRAMES, WIDTH)
    other = x.clone()
    other[0, 1 + 2 * FRAMES + 1] += torch.randn(WIDTH)
    differs = (made(x, frames=FRAMES) - made(other, frames=FRAMES)).abs().amax(dim=-1)[0] > 1e-5
    return bool(differs[0]), differs[1:].view(PLACES, FRAMES).tolist()


def test_over_time_and_then_over_space_a_patch_reaches_every_row() -> None:
    assert reached() == (True, [[True] * FRAMES] * PLACES)


def test_over_space_alone_it_reaches_its_frame_and_the_class_token() -> None:
    assert reached(without="time_out.weight") == (True, [[False, True, False]] * PLACES)


def test_over_time_alone_it_reaches_its_place() -> None:
    there, elsewhere = [True] * FRAMES, [False] * FRAMES
    assert reached(without="attention.out.weight") == (False, [elsewhere, elsewhere, there, elsewhere])


@pytest.mark.parametrize("shape", [(4, 8, 8), (3, 12, 8), (3, 8, 12)])
def test_clips_of_another_shape_are_refused(shape: tuple[int, int, int]) -> None:
    frames, height, width = shape
    with pytest.raises(ConfigError, match=rf"Clips have {frames} frames of {width}x{height} pixels; .* takes 3 of 8x8"):
        encoder()(torch.zeros(1, frames, 3, height, width))
