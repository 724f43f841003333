"""Adapters mean the same to the package peft on the reference's models: what either writes, the other reads."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from sensorium.chat.message import user
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.adapter_folder import WEIGHTS, load_adapter, save_adapter
from sensorium.models.adapters import AdapterConfig, adapt
from sensorium.models.early import EarlyFusion
from sensorium.models.text.model import TextModel
from sensorium.weights.folder import read_json
from sensorium.weights.keymap import KeyMap

transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference and peft warn about each other's coming versions

CONFIGS = {
    "lora": AdapterConfig(rank=3, targets=("*.q_proj", "*.v_proj", "*.mlp.*")),
    "dora": AdapterConfig(rank=2, alpha=3.0, targets=("language.*",), dora=True),
    "rslora": AdapterConfig(rank=4, targets=("language.*.attention.*",), rslora=True, learnt=("language.norm.*",)),
}

Net = TextModel | EarlyFusion


class Case(NamedTuple):
    """A model that both have, and the same question to both."""

    ours: Callable[[], Net]
    theirs: Callable[[], Any]
    keymap: KeyMap
    modules: tuple[tuple[str, str], ...]
    inputs: ModelInputs
    asked: dict[str, Any]

    def said(self, model: Net) -> Tensor:
        """What ours says. Returns: [B, V]."""
        with torch.no_grad():
            return model.language.logits(model(self.inputs)[:, -1])

    def meant(self, model: Any) -> Tensor:
        """What theirs says. Returns: [B, V]."""
        with torch.no_grad():
            return model.eval()(**self.asked).logits[:, -1]


def llama(folder: Path) -> Case:
    from tests.models.text.references import make_reference, prompts

    from sensorium.models.text.config import read_config
    from sensorium.models.text.model import key_map, load

    make_reference("llama 3").save_pretrained(folder)
    inputs = prompts()
    asked = {"input_ids": inputs.ids, "attention_mask": inputs.present, "position_ids": inputs.positions}
    keymap = key_map(read_config(read_json(folder / "config.json")))
    return Case(lambda: load(folder), lambda: make_reference("llama 3"), keymap, (), inputs, asked)


def llava(folder: Path) -> Case:
    from tests.models.llava.reference import make, write

    from sensorium.models.llava.answerer import load
    from sensorium.models.llava.config import read_config
    from sensorium.models.llava.rules import MODULES, rules

    _, processor = write(folder, "llava")
    pixels = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    assembler = load(folder).assembler
    inputs = assembler.batch([assembler.talk([user(Image(pixels), "What is this?")], ask=True)])
    parts = [{"type": "image"}, {"type": "text", "text": "What is this?"}]
    text = processor.apply_chat_template([{"role": "user", "content": parts}], add_generation_prompt=True)

    def network() -> EarlyFusion:
        model = load(folder).network
        if not isinstance(model, EarlyFusion):
            raise TypeError(type(model))
        return model

    keymap = rules(read_config(read_json(folder / "config.json")))
    asked = dict(processor(text=text, images=[pixels], return_tensors="pt"))
    return Case(network, lambda: make("llava"), keymap, MODULES, inputs, asked)


@pytest.fixture(scope="module", params=[llama, llava])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    made: Case = request.param(tmp_path_factory.mktemp("reference"))
    return made


def learn(model: nn.Module) -> None:
    """Change all that learns."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for each in model.parameters():
            if each.requires_grad:
                each.add_(0.1 * torch.randn(each.shape, generator=generator))


@pytest.mark.parametrize("kind", CONFIGS)
def test_peft_reads_what_we_write(case: Case, kind: str, tmp_path: Path) -> None:
    model = case.ours()
    plain = case.said(model)
    adapt(model, CONFIGS[kind], case.keymap)
    learn(model)
    save_adapter(tmp_path, model, CONFIGS[kind], case.keymap, modules=case.modules)
    theirs = peft.PeftModel.from_pretrained(case.theirs(), tmp_path)
    assert not torch.allclose(case.said(model), plain, atol=0.1)
    torch.testing.assert_close(case.said(model), case.meant(theirs), atol=1e-4, rtol=0)
    ours = {name for name, _ in model.named_parameters() if name.endswith(".down")}
    assert len([name for name, _ in theirs.named_parameters() if ".lora_A." in name]) == len(ours)


@pytest.mark.parametrize("dora", [False, True], ids=["lora", "dora"])
def test_we_read_what_peft_writes(case: Case, dora: bool, tmp_path: Path) -> None:
    settings = peft.LoraConfig(
        r=3,
        lora_alpha=5,
        use_dora=dora,
        use_rslora=dora,
        target_modules=["q_proj", "k_proj", "down_proj", "fc1"],
        modules_to_save=["linear_2", "norm"],
        task_type="CAUSAL_LM",
    )
    theirs = peft.get_peft_model(case.theirs(), settings)
    learn(theirs)
    theirs.save_pretrained(tmp_path)
    model = case.ours()
    report = load_adapter(tmp_path, model, case.keymap)
    torch.testing.assert_close(case.said(model), case.meant(theirs), atol=1e-4, rtol=0)
    learning = sum(each.numel() for each in theirs.parameters() if each.requires_grad)
    assert report.parameters == learning


def test_trained_alike_they_stay_alike(case: Case, tmp_path: Path) -> None:
    """Gradients, too, are peft's: three steps of the same descent end in the same place."""
    model, config = case.ours(), AdapterConfig(rank=3, targets=("language.*",), dora=True)
    adapt(model, config, case.keymap)
    save_adapter(tmp_path, model, config, case.keymap, modules=case.modules)
    theirs = peft.PeftModel.from_pretrained(case.theirs(), tmp_path, is_trainable=True).eval()
    ours_by = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.01)
    theirs_by = torch.optim.SGD([each for each in theirs.parameters() if each.requires_grad], lr=0.01)
    before = case.said(model)
    for _ in range(3):
        losses = (model.language.logits(model(case.inputs)[:, -1]), theirs(**case.asked).logits[:, -1])
        for scores, optimiser in zip(losses, (ours_by, theirs_by), strict=True):
            optimiser.zero_grad()
            nn.functional.cross_entropy(scores, scores.new_full((len(scores),), 7, dtype=torch.int64)).backward()
            optimiser.step()
    assert not torch.allclose(case.said(model), before, atol=0.05)
    torch.testing.assert_close(case.said(model), case.meant(theirs), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("llava", ("llava",)),
        ("paligemma", ("paligemma2",)),
        ("gemma3", ("pieces",)),
        ("mllama", ("four",)),
        ("qwen2_audio", ()),
        ("qwen_vl", ("qwen2_vl",)),
        ("qwen_vl", ("qwen2_5_vl",)),
        ("qwen_vl", ("qwen3_vl",)),
    ],
)
def test_adapters_of_every_layer_find_their_modules(family: str, kind: tuple[str, ...], tmp_path: Path) -> None:
    config, rules, answerer = (
        import_module(f"sensorium.models.{family}.{part}") for part in ("config", "rules", "answerer")
    )
    base, folder, adapters = tmp_path / "base", tmp_path / "adapter", AdapterConfig(rank=2, targets=("*",))
    base.mkdir()
    import_module(f"tests.models.{family}.reference").write(base, *kind)
    said: dict[str, Any] = read_json(base / "config.json")
    model, keymap = answerer.load(base).network, rules.rules(config.read_config(said))
    adapt(model, adapters, keymap)
    learn(model)
    save_adapter(folder, model, adapters, keymap, modules=rules.MODULES)
    written = load_file(folder / WEIGHTS)
    theirs = getattr(transformers, said["architectures"][0]).from_pretrained(base)
    read = peft.get_peft_model_state_dict(peft.PeftModel.from_pretrained(theirs, folder), save_embedding_layers=False)
    assert read.keys() == written.keys()
    assert all(torch.equal(read[name], value) for name, value in written.items())
