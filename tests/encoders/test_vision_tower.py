"""The plain vision tower: rows after any layer, places on grids of other sizes, patches that are padding."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.encoders.vision_tower import PositionTable, VisionTower
from sensorium.nn.block import tower_block

WIDTH, LAYERS, PATCH, SIDE = 16, 3, 4, 3


def tower(*, class_token: bool = False, interpolate: bool = False) -> VisionTower:
    torch.manual_seed(0)
    made = VisionTower(
        patches=nn.Conv2d(3, WIDTH, PATCH, stride=PATCH),
        positions=PositionTable(side=SIDE, width=WIDTH, class_token=class_token, interpolate=interpolate),
        blocks=[tower_block(WIDTH, 2, 24, activation="gelu", eps=1e-5) for _ in range(LAYERS)],
        class_token=class_token,
        pre_norm=nn.LayerNorm(WIDTH),
        norm=nn.LayerNorm(WIDTH),
    )
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn_like(each) * 0.3)
    return made


def pictures(items: int, rows: int = SIDE, columns: int = SIDE) -> Tensor:
    return torch.randn(items, 3, rows * PATCH, columns * PATCH)


@pytest.mark.parametrize("class_token", [False, True])
def test_one_row_per_patch_behind_the_class_token(class_token: bool) -> None:
    assert tower(class_token=class_token)(pictures(2)).shape == (2, class_token + SIDE * SIDE, WIDTH)


@pytest.mark.parametrize("class_token", [False, True])
def test_a_batch_is_its_items_alone_and_gradients_reach_everything(class_token: bool) -> None:
    encoder, pixels = tower(class_token=class_token), pictures(3)
    rows = encoder(pixels)
    torch.testing.assert_close(rows, torch.cat([encoder(each[None]) for each in pixels]), atol=1e-5, rtol=1e-5)
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in encoder.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def test_rows_after_a_layer_are_those_on_the_way() -> None:
    encoder, pixels = tower(class_token=True), pictures(2)
    first, middle, last = encoder.after_each(pixels, (0, -2, LAYERS))
    torch.testing.assert_close(encoder.after(pixels, LAYERS - 1), middle)
    torch.testing.assert_close(encoder.blocks[-1](middle), last)
    torch.testing.assert_close(encoder.norm(last), encoder(pixels))
    torch.testing.assert_close(encoder.after(pixels, -LAYERS - 1), first)


@pytest.mark.parametrize("padded", [False, True])
def test_wanted_rows_are_those_of_all(padded: bool) -> None:
    encoder, pixels = tower(class_token=True), pictures(2)
    present = torch.ones(2, SIDE * SIDE, dtype=torch.bool)
    present[1, 5:] = False
    given = present if padded else None
    whole = encoder(pixels, present=given)
    for rows in (slice(1), slice(2, 5), slice(None)):
        torch.testing.assert_close(encoder(pixels, present=given, rows=rows), whole[:, rows], atol=1e-5, rtol=1e-5)


def test_patches_are_what_the_convolution_makes_of_them() -> None:
    encoder, pixels = tower(), torch.randn(2, 3, SIDE * PATCH + 3, SIDE * PATCH + 1)  # with a rest
    convolved = encoder.patches(pixels).flatten(2).transpose(1, 2)
    expected = encoder.pre_norm(convolved + encoder.positions(SIDE, SIDE, None))
    torch.testing.assert_close(encoder.after(pixels, 0), expected, atol=1e-5, rtol=1e-5)


def test_no_later_layer_is_computed() -> None:
    encoder = tower()
    encoder.blocks[-1].register_forward_hook(lambda *_: pytest.fail("the last block was computed"))
    encoder.after(pictures(1), -2)


@pytest.mark.parametrize("layer", [LAYERS + 1, -LAYERS - 2])
def test_a_layer_that_is_not_there_is_refused(layer: int) -> None:
    with pytest.raises(ConfigError, match=rf"Layer {layer} of a vision tower of 3 layers .* from -4 to 3.*Correct"):
        tower().after(pictures(1), layer)


def test_another_grid_is_refused_unless_places_are_interpolated() -> None:
    with pytest.raises(ConfigError, match=r"2x5 patches; .* places of 3x3\. Resize"):
        tower()(pictures(1, 2, 5))
    assert tower(class_token=True, interpolate=True)(pictures(2, 2, 5)).shape == (2, 11, WIDTH)


def test_interpolated_places_lie_between_the_learned_ones_and_leave_the_class_token_alone() -> None:
    table = PositionTable(side=3, width=2, class_token=True, interpolate=True)
    places = torch.tensor([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])
    with torch.no_grad():
        table.table.copy_(torch.cat((torch.tensor([[9.0, 9.0]]), torch.stack((places, places.T), -1).view(9, 2))))
    found = table(3, 6)
    assert found[0].tolist() == [9.0, 9.0]
    across, down = found[1:].unbind(-1)
    assert bool((across.view(3, 6).diff(dim=1) > 0).all())
    torch.testing.assert_close(down.view(3, 6), torch.tensor([[0.0], [1.0], [2.0]]).expand(3, 6))
    torch.testing.assert_close(table(3, 3), table.table)


@pytest.mark.parametrize("class_token", [False, True])
def test_padding_is_not_seen(class_token: bool) -> None:
    encoder, pixels = tower(class_token=class_token), pictures(1)
    present = torch.ones(1, SIDE * SIDE, dtype=torch.bool)
    present[0, -SIDE:] = False  # the lowest row of patches
    other = pixels.clone()
    other[:, :, -PATCH:] = 5.0
    kept = slice(0, class_token + SIDE * (SIDE - 1))
    torch.testing.assert_close(encoder(pixels, present=present)[:, kept], encoder(other, present=present)[:, kept])
    assert not torch.allclose(encoder(pixels)[:, kept], encoder(other)[:, kept], atol=1e-3)
    everything = torch.ones_like(present)
    torch.testing.assert_close(encoder(pixels, present=everything), encoder(pixels), atol=1e-5, rtol=1e-5)


def test_positions_are_a_part_that_can_be_another() -> None:
    class Alternating(nn.Module):
        """Two rows in turn, only where there is a patch."""

        def forward(self, rows: int, columns: int, present: Tensor | None) -> Tensor:
            ids = torch.arange(rows * columns) % 2
            made = F.one_hot(ids, WIDTH).float()  # [P, D]
            return made if present is None else made * present.unsqueeze(-1)

    encoder = tower()
    mixed = VisionTower(patches=encoder.patches, positions=Alternating(), blocks=[])
    pixels = pictures(2, 1, 4)
    bare = encoder.patches(pixels).flatten(2).transpose(1, 2)
    torch.testing.assert_close(mixed(pixels), bare + torch.tensor([[1.0, 0.0], [0.0, 1.0]] * 2) @ torch.eye(2, WIDTH))
    present = torch.tensor([[True, True, False, False], [True, True, True, True]])
    torch.testing.assert_close(mixed(pixels, present=present)[0, 2:], bare[0, 2:])


def test_pixels_take_the_type_of_the_weights() -> None:
    assert tower().bfloat16()(pictures(1)).dtype == torch.bfloat16
