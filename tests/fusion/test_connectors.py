"""Folding joins the right neighbours, checked by hand-made numbers."""

from functools import partial
from itertools import product

import pytest
import torch

from sensorium.core.errors import ConfigError
from sensorium.fusion.connectors import MlpConnector, RowConnector, fold, fold_grid, fold_time, pool


def test_fold_grid_joins_squares_in_reading_order() -> None:
    # 0 1 | 2 3
    # 4 5 | 6 7
    # ----+----
    # 8 9 | ...
    rows = torch.arange(16.0).view(1, 16, 1)
    assert fold_grid(rows, 4, 4)[0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


def test_fold_grid_of_an_oblong_keeps_features_together() -> None:
    rows = torch.stack((torch.arange(8.0), -torch.arange(8.0)), dim=-1).unsqueeze(0)  # 2 x 4 cells of 2 features
    assert fold_grid(rows, 2, 4)[0].tolist() == [[0, 0, 1, -1, 4, -4, 5, -5], [2, -2, 3, -3, 6, -6, 7, -7]]


def test_fold_time_joins_neighbours() -> None:
    rows = torch.arange(8.0).view(1, 4, 2)
    assert fold_time(rows, 2)[0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("items", [1, 3])
def test_folding_keeps_items_apart(items: int) -> None:
    rows = torch.randn(items, 8, 3)
    for join in (partial(fold_grid, height=2, width=4), partial(fold_time, factor=4)):
        assert torch.equal(join(rows), torch.cat([join(rows[index : index + 1]) for index in range(items)]))


def test_the_connector_treats_rows_alike() -> None:
    connector = MlpConnector(width=6, hidden=8, out=5)
    rows = torch.randn(2, 7, 6)
    found = connector(rows)
    assert found.shape == (2, 7, 5)
    order = torch.randperm(7)
    torch.testing.assert_close(connector(rows[:, order]), found[:, order])
    torch.testing.assert_close(
        connector(rows * 3 + 1), found, atol=1e-4, rtol=1e-3
    )  # the norm takes scale and shift out


def test_fold_joins_blocks_of_a_film() -> None:
    grid, factors = (4, 2, 6), (2, 1, 3)
    rows = torch.randn(2, 48, 5)
    cells = rows.view(2, *grid, 5)
    blocks = [
        torch.cat([cells[:, 2 * t + i, h, 3 * w + j] for i in range(2) for j in range(3)], dim=-1)
        for t, h, w in product(range(2), range(2), range(2))
    ]
    assert torch.equal(fold(rows, grid, factors), torch.stack(blocks, dim=1))


def test_pool_is_the_mean_of_each_block() -> None:
    rows = torch.arange(8.0).view(1, 8, 1)  # 2 x 4 cells
    assert pool(rows, (2, 4), (2, 2))[0, :, 0].tolist() == [2.5, 4.5]
    assert pool(rows, (8,), (4,))[0, :, 0].tolist() == [1.5, 5.5]


@pytest.mark.parametrize(("grid", "factors"), [((5, 4), (2, 2)), ((4,), (2, 2)), ((4, 4, 4), (2, 2))])
def test_blocks_that_do_not_fill_the_grid_are_refused(grid: tuple[int, ...], factors: tuple[int, ...]) -> None:
    connector = RowConnector(project=torch.nn.Identity(), factors=factors)
    message = f"blocks of 2x2 rows do not fill a grid of {'x'.join(map(str, grid))}; expected one factor"
    with pytest.raises(ConfigError, match=message):
        connector.rows_out(grid)
    with pytest.raises(ConfigError, match=message):
        connector(torch.zeros(1, torch.Size(grid).numel(), 3), grid)


def test_a_row_connector_joins_and_then_projects() -> None:
    rows = torch.randn(2, 8, 3)
    side = RowConnector(project=torch.nn.Identity(), factors=(2, 2))
    mean = RowConnector(project=torch.nn.Identity(), factors=(2, 2), mean=True)
    none = RowConnector(project=torch.nn.Identity())
    assert torch.equal(side(rows, (2, 4)), fold_grid(rows, 2, 4))
    assert torch.equal(mean(rows, (2, 4)), pool(rows, (2, 4), (2, 2)))
    assert torch.equal(none(rows, (2, 4)), rows)
    assert [each.rows_out((2, 4)) for each in (side, mean, none)] == [2, 2, 8]
