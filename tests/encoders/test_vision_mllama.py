"""The tower over tiles: which rows come out, what sees what, and what the number of a grid's shape changes."""

from functools import partial

import torch
from torch import Tensor, nn

from sensorium.encoders.vision_mllama import PlaceTable, TiledVision, TileTable
from sensorium.nn.attention import Attention
from sensorium.nn.block import Block
from sensorium.nn.gate import TanhGate
from sensorium.nn.mlp import Mlp

WIDTH, SIDE, PATCH, MOST, SHAPES = 16, 8, 4, 3, 5
ROWS = (SIDE // PATCH) ** 2 + 1


def make_block(*, gated: bool) -> Block:
    return Block(
        attention=Attention(width=WIDTH, heads=2),
        mlp=Mlp(WIDTH, 24),
        attention_norm=nn.LayerNorm(WIDTH),
        mlp_norm=nn.LayerNorm(WIDTH),
        attention_post_norm=TanhGate() if gated else None,
        mlp_post_norm=TanhGate() if gated else None,
    )


def tower(*, taken: tuple[int, ...] = (1, 0), last: int = 1) -> TiledVision:
    torch.manual_seed(0)
    table = partial(TileTable, shapes=SHAPES, tiles=MOST, width=WIDTH)
    made = TiledVision(
        patches=nn.Conv2d(3, WIDTH, PATCH, stride=PATCH, bias=False),
        before=table(rows=1),
        places=PlaceTable(tiles=table(rows=ROWS)),
        blocks=[make_block(gated=False) for _ in range(3)],
        after=table(rows=1),
        last_blocks=[make_block(gated=True) for _ in range(last)],
        taken=taken,
    )
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn_like(each) * 0.3)
    return made


def tiles(count: int) -> Tensor:
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def test_rows_of_real_tiles_alone_and_gradients_reach_everything() -> None:
    made = tower()
    rows = made(tiles(2), 2)
    assert rows.shape == (2, ROWS, 3 * WIDTH)
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in made.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def test_rows_of_earlier_blocks_lie_behind_the_last_channel_by_channel() -> None:
    made, seen = tower(last=0), dict[int, Tensor]()
    for number, block in enumerate(made.blocks):
        block.register_forward_hook(lambda _, args, output, number=number: seen.update({number: output}))
    rows = made(tiles(MOST), 1)
    earlier = {number: each.view(MOST, -1, WIDTH)[:, :ROWS] for number, each in seen.items()}
    torch.testing.assert_close(rows[..., :WIDTH], made.norm(earlier[2]) + made.after(1))
    torch.testing.assert_close(rows[..., WIDTH::2], earlier[1])
    torch.testing.assert_close(rows[..., WIDTH + 1 :: 2], earlier[0])


def test_nothing_but_the_last_rows_where_none_are_taken() -> None:
    assert tower(taken=())(tiles(1), 1).shape == (1, ROWS, WIDTH)


def test_tiles_see_each_other_and_their_order_counts() -> None:
    made, pixels = tower(), tiles(2)
    other = torch.cat((pixels[:1], pixels[:1]))
    assert not torch.allclose(made(pixels, 2)[0], made(other, 2)[0], atol=1e-3)
    assert not torch.allclose(made(pixels, 2), made(pixels.flip(0), 2).flip(0), atol=1e-3)


def test_the_shape_of_the_grid_counts() -> None:
    made, pixels = tower(), tiles(2)
    assert not torch.allclose(made(pixels, 2), made(pixels, 4), atol=1e-3)


def test_empty_rows_are_seen_by_real_ones_but_do_not_see_each_other() -> None:
    masks: list[Tensor] = []
    made = tower()
    made.blocks[0].register_forward_pre_hook(lambda _, args, kwargs: masks.append(kwargs["mask"]), with_kwargs=True)
    made(tiles(2), 2)
    sees = masks[0].view(MOST, 8, MOST, 8)
    assert bool(sees[:2, :ROWS].all())
    assert bool(sees[..., :2, :ROWS].all())
    assert not bool(sees[2, :, 2].any())
    assert not bool(sees[0, ROWS:, 1, ROWS:].any())


def test_places_give_way_to_those_of_the_tiles_as_the_gate_opens() -> None:
    places = tower().places
    for start, expected in ((0.0, places.table.expand(MOST, -1, -1)), (50.0, places.tiles.table.weight[3])):
        nn.init.constant_(places.tiles.gate.weight, start)
        torch.testing.assert_close(places(3), expected.reshape(MOST, ROWS, WIDTH))


def test_pixels_take_the_type_of_the_weights() -> None:
    assert tower().bfloat16()(tiles(1), 1).dtype == torch.bfloat16
