"""Folding joins the right neighbours, checked by hand-made numbers."""

from functools import partial

import pytest
import torch

from sensorium.fusion.connectors import MlpConnector, fold_grid, fold_time


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
    for fold in (partial(fold_grid, height=2, width=4), partial(fold_time, factor=4)):
        assert torch.equal(fold(rows), torch.cat([fold(rows[index : index + 1]) for index in range(items)]))


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
