"""The pass adapts what patterns name, freezes the rest, and leaves a plain model behind when it is folded."""

from pathlib import Path

import pytest
import torch
from tests.models.text.folders import write
from tests.models.text.references import prompts
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.models.adapters import (
    AdapterConfig,
    adapt,
    adapted_layers,
    adapter_state,
    fold,
    matching,
    merge,
    unmerge,
)
from sensorium.models.early import EarlyFusion
from sensorium.models.text.config import read_config
from sensorium.models.text.model import TextModel, key_map, load
from sensorium.weights.checkpoint import read_json
from sensorium.weights.keymap import KeyMap
from sensorium.weights.loading import save_checkpoint

Llama = tuple[Path, TextModel, KeyMap]


@pytest.fixture
def llama(tmp_path: Path) -> Llama:
    """A tiny Llama in a folder, read, and its key map."""
    folder = write(tmp_path / "llama", "tinyllama")
    return folder, load(folder), key_map(read_config(read_json(folder / "config.json")))


def logits(model: TextModel) -> Tensor:
    with torch.no_grad():
        return model.language.logits(model(prompts()))


def learn(model: nn.Module) -> None:
    """Change all that learns."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for each in model.parameters():
            if each.requires_grad:
                each.add_(0.2 * torch.randn(each.shape, generator=generator))


def test_at_first_the_model_says_the_same(llama: Llama) -> None:
    _, model, keymap = llama
    before = logits(model)
    report = adapt(model, AdapterConfig(rank=2), keymap)
    assert torch.equal(logits(model), before)
    assert len(report.modules) == 3 * 7
    assert report.modules[:4] == tuple(f"model.layers.0.self_attn.{name}_proj" for name in "qkvo")
    learning = {name for name, each in model.named_parameters() if each.requires_grad}
    assert learning == set(adapter_state(model))
    assert report.parameters == sum(each.numel() for each in adapter_state(model).values())
    learn(model)
    assert not torch.allclose(logits(model), before, atol=0.1)


def test_patterns_are_over_names_of_either_side(llama: Llama) -> None:
    _, model, keymap = llama
    adapt(model, AdapterConfig(rank=2, targets=("*.q_proj", "*.0.*.v_proj", "language.blocks.2.mlp.gate_up")), keymap)
    found = {name: tuple(layer.adapters) for name, layer in adapted_layers(model)}
    assert found == {
        "language.blocks.0.attention.qkv": ("q_proj", "v_proj"),
        "language.blocks.1.attention.qkv": ("q_proj",),
        "language.blocks.2.attention.qkv": ("q_proj",),
        "language.blocks.2.mlp.gate_up": ("gate_proj", "up_proj"),
    }


def test_a_family_of_ours_alone_has_our_names(tiny_nano: EarlyFusion) -> None:
    report = adapt(tiny_nano, AdapterConfig(rank=2, targets=("language.*.qkv", "readers.image.connector.*")))
    assert "language.blocks.0.attention.qkv" in report.modules
    assert any(name.startswith("readers.image.connector.") for name in report.modules)
    assert "language.blocks.0.attention.qkv.adapters.qkv.down" in adapter_state(tiny_nano)


def test_what_is_named_learns_as_it_is(llama: Llama) -> None:
    _, model, keymap = llama
    config = AdapterConfig(targets=("*.q_proj",), learnt=("language.norm.*", "*.mlp_norm.weight"))
    report = adapt(model, config, keymap)
    named = {"language.norm.weight", *(f"language.blocks.{layer}.mlp_norm.weight" for layer in range(3))}
    assert set(report.learnt) == named
    assert {name for name, each in model.named_parameters() if each.requires_grad} == named | set(adapter_state(model))


def test_merging_and_back(llama: Llama) -> None:
    _, model, keymap = llama
    before = {name: each.clone() for name, each in model.named_parameters()}
    adapt(model, AdapterConfig(rank=4, dora=True), keymap)
    learn(model)
    found = logits(model)
    merge(model)
    torch.testing.assert_close(logits(model), found, atol=1e-4, rtol=0)
    qkv = "language.blocks.0.attention.qkv.weight"
    assert not torch.equal(model.get_parameter(qkv), before[qkv])
    unmerge(model)
    assert torch.equal(logits(model), found)
    assert all(torch.equal(model.get_parameter(name), each) for name, each in before.items())


def test_folded_it_is_saved_as_any_of_its_family(llama: Llama, tmp_path: Path) -> None:
    folder, model, keymap = llama
    names = model.state_dict().keys()
    adapt(model, AdapterConfig(rank=4), keymap)
    learn(model)
    found = logits(model)
    fold(model)
    assert model.state_dict().keys() == names
    assert not adapter_state(model)
    save_checkpoint(tmp_path / "folded", model, keymap, dtype=None, config=read_json(folder / "config.json"))
    again = logits(load(tmp_path / "folded"))
    assert torch.equal(again, logits(model))
    torch.testing.assert_close(again, found, atol=1e-4, rtol=0)


def test_scales() -> None:
    assert AdapterConfig(rank=16, alpha=8.0).scale == 0.5
    assert AdapterConfig(rank=16, alpha=8.0, rslora=True).scale == 2.0


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"alpha": 0.0}, {"dropout": 1.0}, {"dropout": -0.1}])
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"adapters: got rank .*; expected a rank of at least 1"):
        AdapterConfig(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (AdapterConfig(targets=("q_proj",)), "adapters: target: 'q_proj' matches nothing .* such as language.blocks.0"),
        (AdapterConfig(targets=("*.q_proj", "*.qproj")), r"target: '\*.qproj' matches nothing"),
        (AdapterConfig(learnt=("connector.*",)), r"adapters: learnt: 'connector.\*' matches nothing"),
        (AdapterConfig(learnt=("language.*",)), "is to learn as it is, and its layer is to have an adapter"),
    ],
)
def test_patterns_that_fit_nothing_are_refused(llama: Llama, config: AdapterConfig, message: str) -> None:
    _, model, keymap = llama
    with pytest.raises(ConfigError, match=message):
        adapt(model, config, keymap)
    assert not list(adapted_layers(model))
    assert all(each.requires_grad for each in model.parameters())


def test_a_second_pass_is_refused(llama: Llama) -> None:
    _, model, keymap = llama
    adapt(model, AdapterConfig(), keymap)
    with pytest.raises(ConfigError, match=r"got a model with adapters; expected one without\. Fold them first"):
        adapt(model, AdapterConfig(), keymap)


def test_matching_keeps_the_order_of_names() -> None:
    assert matching(("c*", "a"), ["a", "b", "ca", "cb"], "x") == ("a", "ca", "cb")
    with pytest.raises(ConfigError, match=r"x: 'd' matches nothing in this model; .* such as none, as it has none"):
        matching(("d",), [], "x")
