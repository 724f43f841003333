"""Names and folders that are no models: the message says what was probably meant."""

from pathlib import Path

import pytest

from sensorium.models.catalog import COMMANDS, EMBEDDERS, FAMILIES
from sensorium.models.mistaken import no_model_folder, no_such_model


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smolvlm", "It may be of the family idefics3. Give nano, the path of a model folder, or an"),
        ("qwen2-vl", "or an id of the Hub such as Qwen/"),
        ("nanoo", "There is no model named 'nanoo', and no such folder. Did you mean 'nano'? Give nano, the path"),
        ("composed", "'composed' is a family of models; expected one of them. Give the folder that compose or train"),
        ("clip", "expected a model that answers. It is for another command: sensorium embed --model openai/clip-"),
        ("https://huggingface.co/a/b", "is an address; expected a folder, or an id of the Hub. Write a/b."),
        ("https://huggingface.co/a/b/tree/main", "Write a/b."),
        ("https://example.org/model", "Fetch it, and give its folder."),
        ("./missing", "./missing: no such folder; expected that of a model. Check the spelling."),
        ("models/mine/one", "models/mine/one: no such folder"),
    ],
)
def test_a_name_that_stands_for_nothing(name: str, message: str) -> None:
    assert message in str(no_such_model(name, FAMILIES, COMMANDS))


def test_the_bundled_model_is_offered_where_it_is_taken() -> None:
    assert "Give nano-space, the path of a model folder, or an id of the Hub such as google/siglip" in str(
        no_such_model("nowhere", EMBEDDERS, COMMANDS)
    )
    assert "sensorium ask --model nano" in str(no_such_model("nano", EMBEDDERS, COMMANDS))


def test_a_file_has_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.touch()
    assert str(no_such_model(str(path), FAMILIES, COMMANDS)).endswith(f"Give its folder: {tmp_path}")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "Give one that training wrote or that was downloaded whole."),
        (("a/config.json", "b/config.json", "c/x"), "There are some in it: give one of {0}/a, {0}/b"),
        (("snapshots/123/config.json",), "It is a cache of the Hub: give {0}/snapshots/123"),
        (("adapter_config.json",), "It is an adapter: give the model that it is for, and beside it --adapter "),
        (("m.gguf",), "m.gguf is not read: give the model as safetensors"),
    ],
)
def test_a_folder_that_is_no_model(tmp_path: Path, files: tuple[str, ...], message: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    told = str(no_model_folder(tmp_path))
    assert told.startswith(f"{tmp_path}: no config.json, so not a model folder. {message.format(tmp_path)}")
