"""Which rows come where, with a tower that tells; and gradients through the whole."""

from typing import cast

import pytest
import torch
from tests.models.llava.make_golden import prompts
from tests.models.llava.reference import KINDS
from torch import Tensor, nn

from sensorium.core.errors import SpanMismatch
from sensorium.inputs.carrier import MediaBatch, Span
from sensorium.models.llava.config import read_config
from sensorium.models.llava.model import VIEWS_AT_ONCE, PictureReader, TileReader, ViewReader, build

NEWLINE = -1.0


class Telling(nn.Module):
    """Rows that are the pixels, at one patch a pixel."""

    def forward(self, views: Tensor) -> Tensor:
        return views[:, 0].flatten(1).unsqueeze(-1)


def reader(side: int) -> TileReader:
    views = cast("ViewReader", Telling())
    made = TileReader(views=views, pinpoints=((side, 2 * side), (2 * side, side)), tile=side, side=side, width=1)
    nn.init.constant_(made.newline, NEWLINE)
    return made


def rows(size: tuple[int, int], views: Tensor) -> list[float]:
    batch = MediaBatch("image", (views,), (Span(0, 1),), sizes=(size,))
    return cast("list[float]", reader(views.shape[-1])(batch)[0].flatten().tolist())


def views(side: int, down: int, across: int) -> Tensor:
    """A whole of zeros, then tiles of a grid that is numbered line by line."""
    grid = torch.arange(1.0, 1 + down * across * side * side).view(down, side, across, side).transpose(1, 2)
    tiles = grid.reshape(-1, 1, side, side)
    return torch.cat((torch.zeros(1, 1, side, side), tiles)).expand(-1, 3, -1, -1)


def test_tiles_are_joined_line_by_line_behind_the_whole() -> None:
    expected = [0.0] * 4 + [1, 2, 3, 4, NEWLINE, 5, 6, 7, 8, NEWLINE]
    assert rows((20, 40), views(2, 1, 2)) == expected


def test_padding_above_and_below_is_left_out() -> None:
    middle = [float(number) for number in range(9, 25)]
    expected = [0.0] * 16 + middle[:8] + [NEWLINE] + middle[8:] + [NEWLINE]
    assert rows((10, 40), views(4, 1, 2)) == expected


def test_padding_at_the_sides_is_left_out() -> None:
    lines = [[4.0 * line + 2, 4.0 * line + 3, NEWLINE] for line in range(8)]
    assert rows((40, 10), views(4, 2, 1)) == [0.0] * 16 + [each for line in lines for each in line]


class Pixels(nn.Module):
    """A tower whose layers give the pixels, times the number of the layer; the first row is -1."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def after_each(self, views: Tensor, layers: tuple[int, ...]) -> list[Tensor]:
        self.seen.append(len(views))
        found = Telling()(views)
        first = torch.full_like(found[:, :1], -1)
        return [torch.cat((first, found * layer), dim=1) for layer in layers]


def view_reader(layers: tuple[int, ...], first: int) -> ViewReader:
    made = ViewReader(tower=cast("nn.Module", None), projector=nn.Identity(), layers=layers, first=first)  # type: ignore[arg-type]
    made.tower = Pixels()  # type: ignore[assignment]
    return made


def test_layers_lie_side_by_side_without_the_first_row() -> None:
    picture = torch.full((1, 3, 1, 2), 2.0)
    assert view_reader((3, 1), 1)(picture).tolist() == [[[6.0, 2.0], [6.0, 2.0]]]
    assert view_reader((3, 1), 0)(picture).tolist() == [[[-1.0, -1.0], [6.0, 2.0], [6.0, 2.0]]]


def test_many_views_are_taken_a_few_at_a_time() -> None:
    made = view_reader((1,), 1)
    many = torch.arange(2.0 * VIEWS_AT_ONCE + 1).view(-1, 1, 1, 1).expand(-1, 3, 1, 1)
    batch = MediaBatch("image", tuple(many), tuple(Span(0, 1) for _ in many))
    assert [float(row) for row in PictureReader(views=made)(batch)] == list(range(2 * VIEWS_AT_ONCE + 1))
    assert cast("Pixels", made.tower).seen == [VIEWS_AT_ONCE, VIEWS_AT_ONCE, 1]


@pytest.mark.parametrize("kind", ["layers", "next"])
def test_gradients_reach_what_is_used(kind: str) -> None:
    config = read_config(KINDS[kind])
    model = build(config)
    inputs = prompts(config)
    model.language.logits(model(inputs)[:, -1]).logsumexp(-1).sum().backward()
    idle = {name for name, weight in model.named_parameters() if weight.grad is None}
    unused = ("readers.image.views.tower.norm.", "readers.image.views.tower.blocks.2.")  # the layer taken is -2
    assert idle == {name for name, _ in model.named_parameters() if name.startswith(unused)}


def test_rows_that_were_counted_otherwise_are_refused() -> None:
    config = read_config(KINDS["llava"])
    inputs = prompts(config)
    inputs.places[0][0, -1] = True
    with pytest.raises(SpanMismatch, match="image: sample 0 has 37 placeholders but 36 feature rows"):
        build(config)(inputs)
