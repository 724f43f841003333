"""What is frozen is named, shown and bit-equal afterwards; whatever moves it is caught by name."""

import pytest
import torch
from torch import nn

from sensorium.core.errors import ConfigError, EngineError
from sensorium.models.adapters import AdapterConfig, adapt, adapter_state
from sensorium.models.early import EarlyFusion
from sensorium.training.freezing import Fingerprint, Part, freeze, frozen, learning, parts, refuse_frozen, thaw

CONNECTORS = ("readers.*.connector.*",)


def descend(model: nn.Module, *, of_all: bool = False) -> torch.optim.Optimizer:
    """One step of an optimiser that decays weights: of what learns, or carelessly of all."""
    chosen = list(model.parameters()) if of_all else [each for _, each in learning(model)]
    optimiser = torch.optim.AdamW(chosen, lr=0.01, weight_decay=0.1)
    for each in chosen:
        each.grad = torch.zeros_like(each)
    optimiser.step()
    return optimiser


def test_alignment_moves_connectors_alone(tiny_nano: EarlyFusion) -> None:
    stilled = freeze(tiny_nano, ("*",), but=CONNECTORS)
    names = {name for name, _ in learning(tiny_nano)}
    assert names
    assert all(".connector." in name for name in names)
    assert set(stilled) == set(frozen(tiny_nano)) == {name for name, _ in tiny_nano.named_parameters()} - names
    moved = {name: each.clone() for name, each in learning(tiny_nano)}
    before = Fingerprint.of(tiny_nano)
    refuse_frozen(tiny_nano, [descend(tiny_nano)])
    before.check(tiny_nano)
    assert any(not torch.equal(each, moved[name]) for name, each in learning(tiny_nano))


def test_adapters_learn_in_what_is_frozen(tiny_nano: EarlyFusion) -> None:
    adapt(tiny_nano, AdapterConfig(rank=2))
    before = Fingerprint.of(tiny_nano)
    assert {name for name, _ in learning(tiny_nano)} == set(adapter_state(tiny_nano))
    refuse_frozen(tiny_nano, [descend(tiny_nano)])
    before.check(tiny_nano)
    thaw(tiny_nano, [name for name, _ in tiny_nano.named_parameters()])
    freeze(tiny_nano, ("language.*",), but=("*.adapters.*",))
    assert set(adapter_state(tiny_nano)) < {name for name, _ in learning(tiny_nano)}
    assert not any(name.endswith("qkv.weight") for name, _ in learning(tiny_nano) if name.startswith("language."))


def test_a_stage_ends_where_it_began(tiny_nano: EarlyFusion) -> None:
    odd = tiny_nano.get_parameter("language.norm.weight").requires_grad_(False)
    before = [name for name, _ in learning(tiny_nano)]
    stilled = freeze(tiny_nano, ("language.*",))
    assert "language.norm.weight" not in stilled
    assert len(stilled) == len(before) - len([name for name, _ in learning(tiny_nano)])
    thaw(tiny_nano, stilled)
    assert [name for name, _ in learning(tiny_nano)] == before
    assert not odd.requires_grad


def test_an_optimiser_with_frozen_parameters_is_refused(tiny_nano: EarlyFusion) -> None:
    freeze(tiny_nano, ("language.norm.*", "language.blocks.1.mlp.*"))
    optimiser = descend(tiny_nano, of_all=True)
    with pytest.raises(EngineError, match=r"an optimiser has what is frozen \(.*language\.norm\.weight\)") as caught:
        refuse_frozen(tiny_nano, [optimiser])
    assert "language.blocks.1.mlp.down.weight" in str(caught.value)
    assert "readers" not in str(caught.value)


def test_a_frozen_parameter_that_moved_is_named(tiny_nano: EarlyFusion) -> None:
    freeze(tiny_nano, ("language.norm.*", "language.blocks.*"))
    before = Fingerprint.of(tiny_nano)
    with torch.no_grad():
        tiny_nano.get_parameter("language.norm.weight")[3] += 1e-6
    with pytest.raises(EngineError, match=r"training: language\.norm\.weight moved; expected all that is frozen"):
        before.check(tiny_nano)


def test_thawing_is_noticed(tiny_nano: EarlyFusion) -> None:
    freeze(tiny_nano, ("language.norm.*",))
    before = Fingerprint.of(tiny_nano)
    thaw(tiny_nano, ("language.norm.weight",))
    with pytest.raises(EngineError, match=r"language\.norm\.weight is frozen no more"):
        before.check(tiny_nano)


def test_running_statistics_are_frozen_too() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    freeze(model, ("1.*",))
    assert set(frozen(model)) == {f"1.{leaf}" for leaf in ("weight", "bias", *dict(model[1].named_buffers()))}
    before = Fingerprint.of(model)
    model.eval()(torch.randn(4, 3))
    before.check(model)
    model.train()(torch.randn(4, 3))
    with pytest.raises(EngineError, match=r"1\.running_mean moved; .*in eval\(\) what has running statistics"):
        before.check(model)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_the_fingerprint_sees_the_last_bit(dtype: torch.dtype) -> None:
    model = nn.Linear(2, 2).to(dtype).requires_grad_(False)
    model.weight.data = torch.ones(3, 3, dtype=dtype).T[:2, :2]  # not in one piece
    before = Fingerprint.of(model)
    before.check(model)
    model.weight[1, 1] += torch.finfo(dtype).eps
    with pytest.raises(EngineError, match="weight moved"):
        before.check(model)
    minus = nn.Linear(1, 1).requires_grad_(False)
    minus.bias.zero_()
    before = Fingerprint.of(minus)
    minus.bias.neg_()  # equal as numbers, not as bits
    with pytest.raises(EngineError, match="bias moved"):
        before.check(minus)


def test_patterns_that_match_nothing_are_refused(tiny_nano: EarlyFusion) -> None:
    with pytest.raises(ConfigError, match=r"freeze: names: 'readers\.\*\.tower\.\*' matches nothing"):
        freeze(tiny_nano, ("readers.*.tower.*",))
    with pytest.raises(ConfigError, match=r"freeze: but: 'connector' matches nothing"):
        freeze(tiny_nano, ("*",), but=("connector",))
    assert not frozen(tiny_nano)


def test_the_table_shows_parts_and_shares(tiny_nano: EarlyFusion) -> None:
    freeze(tiny_nano, ("*",), but=(*CONNECTORS, "language.blocks.0.*"))
    table = {part.name: part for part in parts(tiny_nano)}
    assert list(table) == [
        *(
            f"readers.{modality}.{part}"
            for modality in ("image", "audio", "video")
            for part in ("encoder", "connector")
        ),
        *("language.embedding", "language.blocks", "language.norm"),
    ]
    assert sum(part.parameters for part in table.values()) == sum(each.numel() for each in tiny_nano.parameters())
    assert sum(part.learning for part in table.values()) == sum(each.numel() for _, each in learning(tiny_nano))
    assert table["readers.image.connector"].share == 1.0
    assert table["readers.image.encoder"].share == 0.0
    assert table["language.blocks"].share == 0.5


def test_parts_are_as_deep_as_asked(tiny_nano: EarlyFusion) -> None:
    assert [part.name for part in parts(tiny_nano, depth=1)] == ["readers", "language"]
    assert parts(nn.Linear(3, 2)) == (Part("weight", 6, 6), Part("bias", 2, 2))
