"""A run begins with fresh weights or any folder that has a decoder, and writes what the folder's readers read."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.contracts.folders import FOLDERS
from tests.models.text.folders import write
from torch import nn

from sensorium.chat.message import assistant, user
from sensorium.core.errors import ConfigError, UsageError
from sensorium.media.types import AudioClip, Image
from sensorium.models.adapters import AdapterConfig
from sensorium.models.catalog import FAMILIES
from sensorium.models.nano.config import NanoConfig
from sensorium.training.answers import Answers
from sensorium.training.lesson import Lesson
from sensorium.training.pupil import _learner, from_folder
from sensorium.training.stage import Stage, apply_stage

PICTURE = Image(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))
SOUND = AudioClip(np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32))


def test_a_nano_is_of_the_sizes_that_are_wanted(tiny_folder: Path, tiny_config: NanoConfig) -> None:
    for wanted in (None, tiny_config):
        pupil = from_folder(str(tiny_folder), wanted)
        assert pupil.family == "nano"
    with pytest.raises(ConfigError, match="a model of other sizes or inputs than the recipe's model"):
        from_folder(str(tiny_folder), NanoConfig())


def test_other_families_bring_their_sizes(tmp_path: Path) -> None:
    folder = str(write(tmp_path / "start", "smollm2"))
    pupil = from_folder(folder, None)
    assert (pupil.family, pupil.shape) == ("text", None)
    assert all(parameter.dtype == torch.float32 for parameter in pupil.module.parameters())
    with pytest.raises(ConfigError, match="of the family text, to start with; expected one of them"):
        from_folder(folder, NanoConfig())


def test_what_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model named 'nowhere'"):
        from_folder("nowhere", None)
    with pytest.raises(UsageError, match="a Linear cannot be trained; expected a network with a decoder"):
        _learner(nn.Linear(1, 1), "here")  # type: ignore[arg-type]


@pytest.mark.parametrize("adapted", [False, True])
def test_what_was_learnt_is_in_the_folder(tmp_path: Path, adapted: bool) -> None:
    pupil = from_folder(str(write(tmp_path / "start", "smollm2")), None)
    adapter = apply_stage(pupil.module, Stage(adapter=AdapterConfig(rank=2) if adapted else None), pupil.keymap)
    with torch.no_grad():
        for name, parameter in pupil.module.named_parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.1 if name.endswith("up") or not adapted else 0)
    talk = pupil.assembler.talk([user("Hello?"), assistant("Yes")], ask=False)
    inputs = pupil.assembler.training_batch([talk]).inputs
    with torch.no_grad():
        expected = pupil.network.language.logits(pupil.network(inputs))
    pupil.save(tmp_path / "out", adapter, base="some/model")
    again = FAMILIES.resolve("text")(tmp_path / "out" / "model").network
    found = again.language.logits(again(inputs)).detach()  # type: ignore[attr-defined, operator]
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)
    assert (tmp_path / "out" / "adapter" / "adapter_config.json").exists() is adapted


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")  # of the reference
def test_an_adapter_has_the_names_of_the_reference(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    pupil = from_folder(str(FOLDERS["llava"](tmp_path / "start")), None)
    adapter = apply_stage(pupil.module, Stage(adapter=AdapterConfig(rank=2)), pupil.keymap)
    pupil.save(tmp_path, adapter, base=None)
    names = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight" in names


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")  # of the reference
@pytest.mark.parametrize("family", [name for name in FOLDERS if name not in ("text", "paligemma", "composed")])
def test_every_family_that_talks_can_be_taught(tmp_path: Path, family: str) -> None:
    """PaliGemma knows no talk; text and composed models are above and elsewhere."""
    pytest.importorskip("transformers")
    pupil = from_folder(str(FOLDERS[family](tmp_path / family)), None)
    medium = SOUND if "audio" in FAMILIES.get(family).modalities else PICTURE
    talks = [
        pupil.assembler.talk([user(medium, "Which?"), assistant("a red one")], ask=False),
        pupil.assembler.talk([user("Which?"), assistant("no"), user("Now?"), assistant("yes")], ask=False),
    ]
    objective = Answers(pupil)
    lessons = [Lesson(talk) for talk in talks]
    whole = [part.loss for part in objective.parts(lessons, objective.amounts(lessons))]
    torch.stack(whole).sum().backward()
    moved = [name for name, each in pupil.module.named_parameters() if each.grad is not None and bool(each.grad.any())]
    assert any("reader" in name for name in moved)
    assert any("language." in name for name in moved)
    marks = objective.judge(lessons)
    assert marks.loss / marks.of == pytest.approx(sum(each.item() for each in whole), rel=1e-4)
    pupil.save(tmp_path / "run", None, base=None)
    again = from_folder(str(tmp_path / "run" / "model"), None)
    assert Answers(again).judge(lessons).loss == pytest.approx(marks.loss, rel=1e-3)
