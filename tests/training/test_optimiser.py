"""Every parameter has one optimiser, and rates rise, stay and fall."""

import pytest
import torch

from sensorium.core.errors import ConfigError
from sensorium.models.early import EarlyFusion
from sensorium.training.optimiser import build_optimisers, rate_factor, set_rates
from sensorium.training.recipe import Optimiser

SETTINGS = Optimiser(warmup=10, decay=0.25)


@pytest.mark.parametrize(
    ("step", "factor"), [(0, 0.1), (4, 0.5), (9, 1.0), (50, 1.0), (75, 1.0), (80, 0.8), (99, 0.04), (100, 0.0)]
)
def test_rates_warm_up_stay_and_fall(step: int, factor: float) -> None:
    assert rate_factor(step, 100, SETTINGS) == pytest.approx(factor)


def test_rates_without_warm_up_or_decay() -> None:
    settings = Optimiser(warmup=0, decay=0.0)
    assert [rate_factor(step, 10, settings) for step in range(10)] == [1.0] * 10


def test_every_parameter_is_moved_by_exactly_one(tiny_nano: EarlyFusion) -> None:
    optimisers = build_optimisers(tiny_nano, SETTINGS)
    moved = [each for optimiser in optimisers for group in optimiser.param_groups for each in group["params"]]
    assert len({id(each) for each in moved}) == len(moved) == len(list(tiny_nano.parameters()))


def test_matrices_go_to_muon_and_the_rest_to_adam(tiny_nano: EarlyFusion) -> None:
    *muons, adam = build_optimisers(tiny_nano, SETTINGS)
    by_adam = {id(each) for group in adam.param_groups for each in group["params"]}
    names = {name for name, each in tiny_nano.named_parameters() if id(each) in by_adam and each.ndim == 2}
    assert names == {"language.embedding.weight"}
    works = [sum(each.numel() for group in muon.param_groups for each in group["params"]) for muon in muons]
    assert max(works) < 1.3 * min(works)
    decays = [{each.ndim > 1 for each in group["params"]} for group in adam.param_groups]
    assert decays == [{True}, {False}]
    assert [group["weight_decay"] for group in adam.param_groups] == [SETTINGS.weight_decay, 0.0]


def test_rates_are_shares_of_the_full_ones(tiny_nano: EarlyFusion) -> None:
    optimisers = build_optimisers(tiny_nano, SETTINGS)
    for factor in (0.5, 0.1):
        set_rates(optimisers, factor)
        rates = [group["lr"] for optimiser in optimisers for group in optimiser.param_groups]
        assert rates == pytest.approx([0.02 * factor] * 2 + [0.002 * factor] * 2)
    assert isinstance(optimisers[0], torch.optim.Muon)


@pytest.mark.parametrize(("step", "factor"), [(0, 0.1), (9, 0.98), (50, 0.5), (75, 0.146), (100, 0.0)])
def test_rates_fall_along_a_wave(step: int, factor: float) -> None:
    settings = Optimiser(warmup=10, schedule="cosine")
    assert rate_factor(step, 100, settings) == pytest.approx(factor, abs=2e-3)


def test_adam_for_all_and_only_for_what_learns(tiny_nano: EarlyFusion) -> None:
    tiny_nano.language.requires_grad_(False)
    (adam,) = build_optimisers(tiny_nano, Optimiser(matrices="adamw"))
    moved = {id(each) for group in adam.param_groups for each in group["params"]}
    assert moved == {id(each) for each in tiny_nano.readers.parameters()}
    tiny_nano.requires_grad_(False)
    with pytest.raises(ConfigError, match="nothing learns, as all is frozen"):
        build_optimisers(tiny_nano, SETTINGS)
