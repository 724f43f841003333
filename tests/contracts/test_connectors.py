"""What every kind of connector keeps: the same battery over pictures, sounds and films."""

from dataclasses import dataclass
from math import prod
from typing import get_args

import pytest
import torch
from torch import Tensor

from sensorium.fusion.config import Connector, ConnectorConfig, Kind, build_connector
from sensorium.nn.skeleton import Unfilled

KINDS: tuple[Kind, ...] = get_args(Kind)
GRIDS = ((4, 6), (8,), (4, 2, 4))
WIDTH, OUT = 12, 10

close = torch.testing.assert_close


@dataclass(frozen=True)
class Case:
    """A connector, a grid, and rows [3, S, D] of it."""

    config: ConnectorConfig
    connector: Connector
    grid: tuple[int, ...]
    rows: Tensor

    def out(self, rows: Tensor | None = None) -> Tensor:
        made: Tensor = self.connector(self.rows if rows is None else rows, self.grid)
        return made


def config_of(kind: Kind, axes: int) -> ConnectorConfig:
    if kind in ("shuffle", "pool"):
        return ConnectorConfig(kind=kind, factors=(2,) * axes, hidden=14)
    if kind in ("resampler", "qformer"):
        return ConnectorConfig(kind=kind, queries=5, layers=2, heads=3)
    return ConnectorConfig(kind=kind)


@pytest.fixture(params=[(kind, grid) for kind in KINDS for grid in GRIDS], ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    kind, grid = request.param
    torch.manual_seed(0)
    config = config_of(kind, len(grid))
    return Case(config, build_connector(config, width=WIDTH, out=OUT), grid, torch.randn(3, prod(grid), WIDTH))


def test_as_many_rows_as_were_counted(case: Case) -> None:
    assert case.out().shape == (3, case.connector.rows_out(case.grid), OUT)
    assert case.out().isfinite().all()


def test_every_parameter_and_every_row_gets_a_gradient(case: Case) -> None:
    made = case.out(case.rows.requires_grad_())
    (made * torch.randn_like(made)).sum().backward()
    parameters = case.connector.named_parameters()
    assert [name for name, each in parameters if each.grad is None or not each.grad.any()] == []
    assert case.rows.grad is not None
    assert case.rows.grad.abs().sum(dim=-1).min() > 0


def test_a_batch_is_its_singles(case: Case) -> None:
    close(case.out(), torch.cat([case.out(row.unsqueeze(0)) for row in case.rows]))


def test_bf16_is_near(case: Case) -> None:
    expected = case.out()
    case.connector.bfloat16()
    found = case.out(case.rows.bfloat16())
    assert found.dtype == torch.bfloat16
    close(found.float(), expected, atol=5e-2, rtol=5e-2)


def test_rows_that_are_views_go_too(case: Case) -> None:
    close(case.out(case.rows.transpose(1, 2).contiguous().transpose(1, 2)), case.out())


def test_filled_from_another_it_is_the_same(case: Case) -> None:
    with Unfilled():
        other = build_connector(case.config, width=WIDTH, out=OUT)
    other.load_state_dict(case.connector.state_dict())
    assert torch.equal(other(case.rows, case.grid), case.out())
