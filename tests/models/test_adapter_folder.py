"""Adapter folders come back as they were, have peft's names, and refuse what is for another model."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.models.text.folders import write
from tests.models.text.references import prompts
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.models.adapter_folder import CONFIG, WEIGHTS, load_adapter, save_adapter
from sensorium.models.adapters import AdapterConfig, adapt, adapted_layers, adapter_state
from sensorium.models.early import EarlyFusion
from sensorium.models.text.config import read_config
from sensorium.models.text.model import TextModel, key_map, load
from sensorium.weights.checkpoint import read_json
from sensorium.weights.keymap import KeyMap

KINDS = {
    "lora": AdapterConfig(rank=3, targets=("*.q_proj", "*.v_proj", "*.o_proj", "*.mlp.*")),
    "dora": AdapterConfig(rank=2, alpha=3.0, dora=True),
    "rslora": AdapterConfig(rank=4, rslora=True, targets=("*.k_proj",)),
    "learnt": AdapterConfig(rank=2, targets=("*.q_proj",), learnt=("language.norm.*", "*.mlp.gate_up.weight")),
}

Llama = tuple[Path, KeyMap]


@pytest.fixture
def llama(tmp_path: Path) -> Llama:
    """The folder of a tiny Llama, and its key map."""
    folder = write(tmp_path / "llama", "tinyllama")
    return folder, key_map(read_config(read_json(folder / "config.json")))


@pytest.fixture
def adapter(llama: Llama, tmp_path: Path) -> Path:
    """The folder of an adapter for it."""
    folder, keymap = llama
    made(load(folder), KINDS["lora"], keymap, tmp_path / "adapter")
    return tmp_path / "adapter"


def made(model: nn.Module, config: AdapterConfig, keymap: KeyMap | None, folder: Path) -> None:
    """Adapt a model, change all that learns, and write the adapter."""
    adapt(model, config, keymap)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for each in model.parameters():
            if each.requires_grad:
                each.add_(0.2 * torch.randn(each.shape, generator=generator))
    save_adapter(folder, model, config, keymap)


def logits(model: TextModel) -> Tensor:
    with torch.no_grad():
        return model.language.logits(model(prompts()))


def edit(folder: Path, **changes: Any) -> None:
    settings = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(settings | changes))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read(llama: Llama, tmp_path: Path, kind: str) -> None:
    folder, keymap = llama
    model, again = load(folder), load(folder)
    made(model, KINDS[kind], keymap, tmp_path / "adapter")
    assert not torch.allclose(logits(again), logits(model), atol=0.1)
    report = load_adapter(tmp_path / "adapter", again, keymap)
    assert torch.equal(logits(again), logits(model))
    assert adapter_state(again).keys() == adapter_state(model).keys()
    learning = {name for name, each in model.named_parameters() if each.requires_grad}
    assert {name for name, each in again.named_parameters() if each.requires_grad} == learning
    save_adapter(tmp_path / "again", again, report.config, keymap)
    for name in (CONFIG, WEIGHTS):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "adapter" / name).read_bytes()


def test_names_of_ours_are_kept_where_nobody_has_others(tiny_nano: EarlyFusion, make_nano: Any, tmp_path: Path) -> None:
    config = AdapterConfig(rank=2, targets=("language.*.qkv", "readers.*.connector.*"), dora=True)
    made(tiny_nano, config, None, tmp_path)
    again = make_nano(0)
    load_adapter(tmp_path, again)
    assert all(torch.equal(again.get_parameter(name), each) for name, each in tiny_nano.named_parameters())
    assert "base_model.model.language.blocks.0.attention.qkv.lora_A.weight" in load_file(tmp_path / WEIGHTS)


def test_the_form_is_peft_s(llama: Llama, tmp_path: Path) -> None:
    folder, keymap = llama
    config = AdapterConfig(rank=2, targets=("*.0.*.k_proj",), learnt=("language.norm.*",), dora=True)
    made(load(folder), config, keymap, tmp_path)
    layer = "base_model.model.model.layers.0.self_attn.k_proj"
    assert {name: list(each.shape) for name, each in load_file(tmp_path / WEIGHTS).items()} == {
        f"{layer}.lora_A.weight": [2, 32],
        f"{layer}.lora_B.weight": [16, 2],
        f"{layer}.lora_magnitude_vector": [16],
        "base_model.model.model.norm.weight": [32],
    }
    settings = json.loads((tmp_path / CONFIG).read_text())
    assert settings["target_modules"] == ["model.layers.0.self_attn.k_proj"]
    assert settings["modules_to_save"] == ["model.norm"]
    assert (settings["peft_type"], settings["r"], settings["lora_alpha"], settings["use_dora"]) == ("LORA", 2, 16, True)


def test_modules_may_have_other_names_than_checkpoints(llama: Llama, tmp_path: Path) -> None:
    folder, keymap = llama
    model = load(folder)
    config = AdapterConfig(rank=2, targets=("*.0.*.k_proj",))
    adapt(model, config, keymap)
    save_adapter(tmp_path, model, config, keymap, base="some/llama", modules=(("model.", "model.language_model."),))
    settings = json.loads((tmp_path / CONFIG).read_text())
    assert settings["target_modules"] == ["model.language_model.layers.0.self_attn.k_proj"]
    assert settings["base_model_name_or_path"] == "some/llama"
    assert all(
        name.startswith("base_model.model.model.language_model.layers.0.") for name in load_file(tmp_path / WEIGHTS)
    )


def test_names_of_other_versions_are_read(llama: Llama, adapter: Path) -> None:
    folder, keymap = llama
    expected, bare = load(folder), load(folder)
    load_adapter(adapter, expected, keymap)
    tensors = load_file(adapter / WEIGHTS)
    save_file({name.replace(".model.model.", ".model."): each for name, each in tensors.items()}, adapter / WEIGHTS)
    load_adapter(adapter, bare, keymap)
    assert torch.equal(logits(bare), logits(expected))


def test_defaults_are_peft_s(llama: Llama, adapter: Path) -> None:
    folder, keymap = llama
    (adapter / CONFIG).write_text(json.dumps({"peft_type": "LORA", "r": 3, "megatron_core": "megatron.core"}))
    config = load_adapter(adapter, load(folder), keymap).config
    assert (config.alpha, config.dropout, config.dora, config.rslora) == (8.0, 0.0, False, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r": 2}, r"lora_A.weight has shape \[3, 32\], not \[2, 32\]"),
        ({"use_dora": True}, "lora_magnitude_vector is missing"),
        ({"peft_type": "IA3"}, "peft_type: got 'IA3'"),
        ({"bias": "all"}, "bias: got 'all'"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights: got 'pissa'"),
        ({"rank_pattern": {"q_proj": 4}}, "rank_pattern and alpha_pattern name q_proj; expected one rank and alpha"),
        ({"lora_bias": True}, "unknown key 'lora_bias'"),
        ({"r": 0}, "got rank 0"),
    ],
)
def test_settings_that_we_do_not_have_are_refused(
    llama: Llama, adapter: Path, changes: dict[str, Any], message: str
) -> None:
    folder, keymap = llama
    edit(adapter, **changes)
    unchanged(load(folder), adapter, keymap, message)


def test_tensors_of_another_model_are_refused(llama: Llama, adapter: Path) -> None:
    folder, keymap = llama
    tensors = load_file(adapter / WEIGHTS)
    strange = {"base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight": torch.zeros(3, 32)}
    save_file(tensors | strange, adapter / WEIGHTS)
    unchanged(load(folder), adapter, keymap, "layers.9.self_attn.q_proj.lora_A.weight is not a part of this model")
    some = {
        name: each for name, each in tensors.items() if not name.endswith("layers.1.self_attn.q_proj.lora_B.weight")
    }
    save_file(some, adapter / WEIGHTS)
    unchanged(load(folder), adapter, keymap, "layers.1.self_attn.q_proj.lora_B.weight is missing")
    save_file({name: each / 0 for name, each in tensors.items()}, adapter / WEIGHTS)
    unchanged(load(folder), adapter, keymap, "has numbers that are not finite")


def test_files_that_are_not_there_are_named(llama: Llama, adapter: Path) -> None:
    folder, keymap = llama
    (adapter / WEIGHTS).unlink()
    unchanged(load(folder), adapter, keymap, WEIGHTS)
    (adapter / CONFIG).unlink()
    unchanged(load(folder), adapter, keymap, CONFIG)


def unchanged(model: TextModel, adapter: Path, keymap: KeyMap, message: str) -> None:
    """The adapter is refused with these words, and the model stays plain."""
    before = logits(model)
    with pytest.raises(CheckpointError, match=message):
        load_adapter(adapter, model, keymap)
    assert not list(adapted_layers(model))
    assert torch.equal(logits(model), before)


class Newline(nn.Module):
    """A layer, and a row that is no module's."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Linear(4, 4)
        self.newline = nn.Parameter(torch.zeros(4))


def test_what_has_no_room_in_the_folder_is_not_left_out(tmp_path: Path) -> None:
    model, config = Newline(), AdapterConfig(targets=("up",), learnt=("newline",))
    adapt(model, config)
    with pytest.raises(CheckpointError, match="newline learnt, but is no weight or bias of a module"):
        save_adapter(tmp_path, model, config)
    assert list(tmp_path.iterdir()) == []
