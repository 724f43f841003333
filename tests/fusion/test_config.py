"""A description gives the connector that it describes; one that contradicts itself is refused."""

import pytest
import torch
from torch import nn

from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import ConfigError
from sensorium.fusion.config import ConnectorConfig, build_connector
from sensorium.fusion.connectors import MlpConnector, RowConnector
from sensorium.fusion.resampler import QueryBlock, Resampler
from sensorium.nn.skeleton import Unfilled

SHUFFLE = ConnectorConfig(kind="shuffle", factors=(2, 2), hidden=7)


def shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(each.shape) for name, each in module.named_parameters() if each.dim() == 2}


def test_there_and_back_as_plain_data() -> None:
    assert from_dict(ConnectorConfig, to_dict(SHUFFLE), where="config") == SHUFFLE


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'factor'.*Did you mean 'factors'"):
        from_dict(ConnectorConfig, {"kind": "pool", "factor": [2, 2]}, where="config")


def test_the_parts_are_those_described() -> None:
    linear = build_connector(ConnectorConfig(kind="linear"), width=4, out=6)
    shuffle = build_connector(SHUFFLE, width=4, out=6)
    pool = build_connector(ConnectorConfig(kind="pool", factors=(2,)), width=4, out=6)
    mlp = build_connector(ConnectorConfig(), width=4, out=6)
    assert [name for name, _ in mlp.named_parameters()] == [
        f"project.{layer}.{part}" for layer in ("up", "down") for part in ("weight", "bias")
    ]  # as LLaVA's, without a norm
    assert shapes(linear) == {"project.weight": (6, 4)}
    assert shapes(shuffle) == {"project.mlp.up.weight": (7, 16), "project.mlp.down.weight": (6, 7)}
    assert shapes(pool) == {"project.mlp.up.weight": (6, 4), "project.mlp.down.weight": (6, 6)}
    assert isinstance(shuffle, RowConnector)
    assert isinstance(shuffle.project, MlpConnector)


@pytest.mark.parametrize("kind", ["resampler", "qformer"])
def test_queries_look_at_each_other_apart_in_a_q_former(kind: str) -> None:
    config = from_dict(ConnectorConfig, {"kind": kind, "queries": 5, "layers": 3, "heads": 2}, where="config")
    connector = build_connector(config, width=4, out=6)
    assert isinstance(connector, Resampler)
    assert connector.queries.shape == (5, 4)
    blocks = [block for block in connector.blocks if isinstance(block, QueryBlock)]
    assert [block.own is not None for block in blocks] == [kind == "qformer"] * 3
    assert [block.look.heads for block in blocks] == [2] * 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "linear", "factors": [2, 2]}, r"got factors \[2, 2\] for the kind 'linear'.*choose shuffle or pool"),
        ({"kind": "linear", "hidden": 8}, "got hidden 8 for the kind 'linear'.*choose mlp or shuffle or pool"),
        ({"kind": "pool", "factors": [2], "queries": 9}, "got queries 9 for the kind 'pool'.*resampler or qformer"),
        ({"kind": "shuffle"}, r"the factors of shuffle are \[\]"),
        ({"kind": "pool", "factors": [1, 1]}, r"the factors of pool are \[1, 1\]"),
        ({"kind": "pool", "factors": [2, 0]}, r"the factors of pool are \[2, 0\]"),
        ({"kind": "pool", "factors": [2, 2], "alone": True}, "got alone True for the kind 'pool'.*choose shuffle"),
        ({"kind": "shuffle", "factors": [2, 2], "alone": True, "hidden": 8}, "got hidden 8 for one matrix alone"),
        ({"kind": "mlp", "hidden": 0}, "hidden is 0; expected 1 to"),
        ({"kind": "resampler", "queries": 0}, "queries is 0; expected 1 to"),
    ],
)
def test_contradictions_are_refused(data: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_dict(ConnectorConfig, data, where="config")


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ConfigError, match="8 heads cannot share the 12 numbers"):
        build_connector(ConnectorConfig(kind="qformer"), width=12, out=6)


def test_a_checkpoint_needs_no_random_numbers() -> None:
    state = torch.random.get_rng_state()
    with Unfilled():
        build_connector(ConnectorConfig(kind="resampler", heads=2), width=12, out=6)
    assert torch.equal(torch.random.get_rng_state(), state)
