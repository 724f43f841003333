"""The way in takes names and paths, with adapters or without, and refuses anything else before it looks for a model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.text.folders import write
from torch import Tensor, nn

import sensorium
from sensorium.chat.message import user
from sensorium.core.errors import CheckpointError, UsageError
from sensorium.models.adapter_folder import save_adapter
from sensorium.models.adapters import AdapterConfig, adapt, adapted_layers
from sensorium.models.catalog import BUNDLED
from sensorium.models.key_maps import family_map
from sensorium.runtime.load import load
from sensorium.runtime.local import LocalModel
from sensorium.weights.keymap import KeyMap

CLIP = Path(__file__).parents[1] / "models" / "clip" / "golden"
BOOT = BUNDLED.parent / "samples" / "boot.png"


def network(model: Any) -> nn.Module:
    assert isinstance(model, LocalModel)
    assert isinstance(model.parts.model.network, nn.Module)
    return model.parts.model.network


def scores(model: Any) -> Tensor:
    """Of the words after a question."""
    parts = model.parts.model
    inputs = parts.assembler.batch([parts.assembler.talk([user("ab")], ask=True)])
    with torch.no_grad():
        found: Tensor = parts.network.prefill(inputs, parts.network.new_cache(1, inputs.ids.shape[1]))
    return found


def learn(model: Any, keymap: KeyMap | None, folder: Path) -> None:
    """Give a model adapters, change what learns, and write the adapters to a folder."""
    config = AdapterConfig(rank=2, learnt=("language.norm.*",))
    adapt(network(model), config, keymap)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for each in network(model).parameters():
            if each.requires_grad:
                each.add_(0.5 * torch.randn(each.shape, generator=generator))
    save_adapter(folder, network(model), config, keymap)


@pytest.mark.parametrize("name", [None, 5])
def test_what_is_no_name(name: Any) -> None:
    with pytest.raises(UsageError, match="model: got a"):
        sensorium.load(name)


def test_a_model_that_embeds_gives_places_and_no_answers() -> None:
    model = load(CLIP)
    assert model.embed(BOOT).shape == (24,)
    assert model.embed(BOOT, BOOT).shape == (2, 24)
    assert model.embed_texts(["a boot"]).shape == (1, 24)
    assert (model.name, repr(model)) == (str(CLIP), f"SpaceModel({str(CLIP)!r})")
    for call in (lambda: model.ask("What is this?"), lambda: model.stream("What?"), model.chat):
        with pytest.raises(UsageError, match=r"embeds, and does not answer; .*: sensorium embed --model"):
            call()
    with pytest.raises(UsageError, match=r"for an adapter\. Leave the adapter out"):
        load(CLIP, adapter="adapter")


def test_the_bundled_model_embeds_through_the_bundled_space() -> None:
    model, space = load(), load("nano-space")
    place = model.embed(BOOT)
    assert np.linalg.norm(place) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(place, space.embed(BOOT))
    words = ["an ankle boot", "a digit", "rain"]
    assert words[int((model.embed_texts(words) @ place).argmax())] == "an ankle boot"


def test_a_model_without_a_space_says_who_has_one(tiny_folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no space to embed in; .* Load one: the bundled 'nano-space'"):
        load(tiny_folder).embed(BOOT)


def test_a_path(tiny_folder: Path) -> None:
    assert sensorium.load(tiny_folder).name == sensorium.load(str(tiny_folder)).name == str(tiny_folder)


def test_adapters_answer_as_the_model_that_learnt_them(tiny_folder: Path, tmp_path: Path) -> None:
    plain, learnt = load(tiny_folder), load(tiny_folder)
    learn(learnt, None, tmp_path / "adapter")
    adapted = load(tiny_folder, adapter=tmp_path / "adapter")
    torch.testing.assert_close(scores(adapted), scores(learnt))
    assert not torch.allclose(scores(adapted), scores(plain), atol=0.1)
    assert adapted.ask("What is this?", max_tokens=2).model == adapted.name
    assert not list(adapted_layers(network(adapted)))
    assert adapted.name == f"{tiny_folder} + {tmp_path / 'adapter'}"


def test_adapters_in_the_names_of_the_reference(tmp_path: Path) -> None:
    folder = write(tmp_path / "smollm2", "smollm2")
    learnt = load(folder)
    learn(learnt, family_map("text", folder), tmp_path / "adapter")
    adapted = load(str(folder), adapter=str(tmp_path / "adapter"))
    torch.testing.assert_close(scores(adapted), scores(learnt), atol=0.02, rtol=0.02)  # weights may be in sixteen bits
    assert not torch.allclose(scores(adapted), scores(load(folder)), atol=0.1)


def test_an_adapter_that_is_none_or_another_model_s(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"adapter_config\.json"):
        load(tiny_folder, adapter=tmp_path)
    folder = write(tmp_path / "smollm2", "smollm2")
    learn(load(folder), family_map("text", folder), tmp_path / "adapter")
    with pytest.raises(CheckpointError):
        load(tiny_folder, adapter=tmp_path / "adapter")


def test_keys_and_values_in_eight_bits() -> None:
    question = ("What is this?", BOOT)
    full, few = load().ask(*question), load(kv_bits=8).ask(*question)
    assert str(few) == str(full)
    assert few.confidence is not None
    assert network(load(kv_bits=8)).new_cache(1, 1).layers[0].keys.dtype == torch.uint8  # type: ignore[operator]
    for name, bits, words in (("nano", 4, "got 4 bits"), ("nano-space", 8, "kv_bits is 8; expected a model whose")):
        with pytest.raises(UsageError, match=words):
            load(name, kv_bits=bits)
