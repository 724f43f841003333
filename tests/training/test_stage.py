"""A stage trains what it says and nothing else; what cannot be is named."""

import pytest
from torch import nn

from sensorium.core.config import from_dict
from sensorium.core.errors import ConfigError
from sensorium.models.adapters import AdapterConfig
from sensorium.models.early import EarlyFusion
from sensorium.training.freezing import learning
from sensorium.training.stage import Stage, apply_stage, settle


def learnt(model: nn.Module) -> set[str]:
    """Parts of which something learns: two or three names deep."""
    return {".".join(name.split(".")[: 3 if name.startswith("readers") else 2]) for name, _ in learning(model)}


CONNECTORS = {f"readers.{modality}.connector" for modality in ("image", "audio", "video")}
LANGUAGE = {"language.embedding", "language.blocks", "language.norm"}


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage("align"), CONNECTORS),
        (Stage("instruct"), CONNECTORS | LANGUAGE),
        (Stage("instruct", freeze=("language.embedding*", "*norm*")), CONNECTORS | {"language.blocks"}),
        (Stage(train=("language.norm.*",)), {"language.norm"}),
        (Stage("align", adapter=AdapterConfig(rank=2)), CONNECTORS | {"language.blocks"}),
    ],
)
def test_who_learns(tiny_nano: EarlyFusion, stage: Stage, expected: set[str]) -> None:
    apply_stage(tiny_nano, stage, None)
    assert learnt(tiny_nano) == expected


def test_everything_learns_where_nothing_is_said(tiny_nano: EarlyFusion) -> None:
    apply_stage(tiny_nano, Stage(), None)
    assert all(parameter.requires_grad for parameter in tiny_nano.parameters())


def test_beside_adapters_connectors_learn_or_what_is_said(tiny_nano: EarlyFusion) -> None:
    stage = Stage("instruct", adapter=AdapterConfig(rank=2, learnt=("language.norm.*",)))
    adapter = apply_stage(tiny_nano, stage, None)
    assert adapter == stage.adapter
    assert {name for name, _ in learning(tiny_nano) if ".adapters." not in name} == {"language.norm.weight"}


def test_frozen_parts_are_settled() -> None:
    norm, linear, dropout = nn.BatchNorm1d(2), nn.Linear(2, 2), nn.Dropout()
    still = nn.Sequential(nn.Linear(2, 2), norm).requires_grad_(False)
    model = nn.Sequential(still, linear, dropout)
    settle(model)
    assert [each.training for each in (model, still, norm, linear, dropout)] == [True, False, False, True, True]


def test_a_model_without_connectors_has_nothing_to_align() -> None:
    with pytest.raises(ConfigError, match=r"'align' trains \*connector\*.* nothing of these names. Say what to train"):
        apply_stage(nn.Linear(2, 2), Stage("align"), None)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "aline"}, "kind: got 'aline'.*Did you mean 'align'"),
        ({"kind": "align", "beta": 0.2}, "got beta 0.2 for the kind 'align'.* prefer"),
        ({"kind": "distil"}, "distil has no teacher"),
        ({"kind": "prefer", "beta": 0.0}, "got beta 0.0"),
        ({"kind": "distil", "teacher": "x", "told": 1.5}, "told 1.5"),
        ({"patience": 0}, "patience is 0; expected at least 1"),
        ({"train": ["*"], "adapter": {}}, "got train and an adapter"),
        ({"adapter": {"rank": 0}}, "rank 0"),
    ],
)
def test_what_cannot_be(data: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_dict(Stage, data, where="x.yaml")
