"""Folders that are loaded, and folders that are refused: whole models, towers alone, foreign and damaged ones."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from tests.models.dual.folders import images

from sensorium.core.errors import CheckpointError, UsageError
from sensorium.models.dual.load import load_dual

GOLDEN = {family: Path(__file__).parents[1] / family / "golden" for family in ("clip", "siglip")}


@pytest.fixture(params=GOLDEN)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, family: str) -> Path:
    return Path(shutil.copytree(GOLDEN[family], tmp_path / "x"))


def change(folder: Path, name: str, **changes: object) -> None:
    data = json.loads((folder / name).read_text()) | changes
    (folder / name).write_text(json.dumps({key: value for key, value in data.items() if value is not None}))


def one_tower(folder: Path, family: str, tower: str) -> None:
    """Make the folder that of a tower alone."""
    whole = json.loads((folder / "config.json").read_text())
    data = whole[f"{tower}_config"] | {"model_type": f"{family}_{tower}_model"}
    if family == "clip":
        data |= {"architectures": ["CLIPVisionModelWithProjection"], "projection_dim": whole["projection_dim"]}
    (folder / "config.json").write_text(json.dumps(data))
    named = (f"{tower}_model.", "visual_projection." if tower == "vision" else "text_projection.")
    tensors = load_file(folder / "model.safetensors")
    save_file({name: each for name, each in tensors.items() if name.startswith(named)}, folder / "model.safetensors")


def test_a_renamed_folder_is_the_same(folder: Path, family: str) -> None:
    found = load_dual(folder)
    assert found.name == "x"
    assert found.embed("cat").tolist() == load_dual(GOLDEN[family]).embed("cat").tolist()


def test_the_picture_tower_alone_embeds_pictures(folder: Path, family: str) -> None:
    whole = load_dual(folder).embed(images())
    one_tower(folder, family, "vision")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    model = load_dual(folder)
    assert model.embed(images()).tolist() == whole.tolist()
    with pytest.raises(UsageError, match=r"gives no texts: it has no text tower\. Load one that has both"):
        model.embed("cat")
    with pytest.raises(UsageError, match=r"gives no scores: it has no text tower"):
        model.scores(whole, whole)


def test_the_text_tower_alone_embeds_texts(folder: Path, family: str) -> None:
    whole = load_dual(folder).embed("cat")
    one_tower(folder, family, "text")
    for name in ("preprocessor_config.json", "processor_config.json"):
        (folder / name).unlink(missing_ok=True)
    model = load_dual(folder)
    assert model.embed("cat").tolist() == whole.tolist()
    with pytest.raises(UsageError, match=r"gives no pictures: it has no vision tower"):
        model.embed(images())


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load_dual(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "bert"}, r"model_type is 'bert'; expected one of clip, .*siglip_text_model\. Give the folder"),
        ({"model_type": "siglip2"}, r"model_type is 'siglip2'.*not as NaFlex"),
        ({"quantization_config": {"bits": 4}}, r"unknown key 'quantization_config'"),
    ],
)
def test_a_foreign_config_is_refused(folder: Path, changes: dict[str, object], message: str) -> None:
    change(folder, "config.json", **changes)
    with pytest.raises(CheckpointError, match=message):
        load_dual(folder)


def test_an_unknown_activation_is_the_folders_fault(folder: Path) -> None:
    data = json.loads((folder / "config.json").read_text())
    change(folder, "config.json", text_config=data["text_config"] | {"hidden_act": "swish9"})
    with pytest.raises(CheckpointError, match=r"x: There is no activation named 'swish9'"):
        load_dual(folder)


def test_settings_that_are_not_supported_are_the_folders_fault(folder: Path, family: str) -> None:
    settings = {"size": {"height": 30, "width": 30}, "crop_size": 30, "resample": 0}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    with pytest.raises(CheckpointError, match=r"x: .*preprocessor_config\.json: resample is 0; expected"):
        load_dual(folder)


def test_weights_of_other_sizes_are_named(folder: Path) -> None:
    data = json.loads((folder / "config.json").read_text())
    change(folder, "config.json", text_config=data["text_config"] | {"vocab_size": 700, "num_hidden_layers": 2})
    with pytest.raises(CheckpointError, match=r"shape \[\d+, 16\], not \[700, 16\]; .*layers\.1\..* missing"):
        load_dual(folder)
