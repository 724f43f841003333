"""A model folder is read only if it is whole, unaltered and fits together; its name does not matter."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import CheckpointError
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.models.nano.folder import load_nano, save_nano, seal

FILES = ("config.json", "inputs.json", "model.safetensors", "tokenizer.json")


def test_what_is_read_is_what_was_written(
    tiny_folder: Path, tiny_nano: EarlyFusion, tiny_config: NanoConfig, tiny_tokenizer: Tokenizer
) -> None:
    model, config, tokenizer = load_nano(tiny_folder)
    assert config == tiny_config
    assert tokenizer.to_json() == tiny_tokenizer.to_json()
    assert not model.training
    for name, value in tiny_nano.state_dict().items():
        assert torch.equal(model.state_dict()[name], value.half().float()), name
    assert sorted(path.name for path in tiny_folder.iterdir()) == sorted((*FILES, "manifest.json"))


def test_loading_draws_no_random_numbers(tiny_folder: Path) -> None:
    before = torch.get_rng_state()
    load_nano(tiny_folder)
    assert torch.equal(before, torch.get_rng_state())


def test_a_renamed_folder_still_loads(tiny_folder: Path) -> None:
    assert load_nano(tiny_folder.rename(tiny_folder.with_name("x")))[1]


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_noticed(tiny_folder: Path, name: str) -> None:
    data = bytearray((tiny_folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tiny_folder / name).write_bytes(data)
    with pytest.raises(CheckpointError, match=f"'{name}' does not have the SHA-256"):
        load_nano(tiny_folder)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file_is_named(tiny_folder: Path, name: str) -> None:
    (tiny_folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load_nano(tiny_folder)


def test_a_file_that_nobody_listed_is_named_but_not_those_of_tools(tiny_folder: Path) -> None:
    (tiny_folder / ".DS_Store").write_bytes(b"x")
    assert load_nano(tiny_folder)
    (tiny_folder / "more.json").write_bytes(b"{}")
    with pytest.raises(CheckpointError, match=r"'more\.json' is not listed"):
        load_nano(tiny_folder)


def test_saving_again_keeps_the_card_and_lists_it(
    tiny_folder: Path, tiny_nano: EarlyFusion, tiny_config: NanoConfig, tiny_tokenizer: Tokenizer
) -> None:
    (tiny_folder / "README.md").write_text("A card.")
    (tiny_folder / ".cache").write_text("a tool's own")
    save_nano(tiny_folder, tiny_config, tiny_tokenizer, tiny_nano.state_dict())
    listed = json.loads((tiny_folder / "manifest.json").read_text())["files"]
    assert sorted(listed) == sorted((*FILES, "README.md"))
    assert load_nano(tiny_folder)


def edit_json(name: str, **changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        data = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(data | changes))

    return edit


def edit_weights(name: str, value: torch.Tensor | None) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors") | ({} if value is None else {name: value})
        if value is None:
            del tensors[name]
        save_file(tensors, folder / "model.safetensors")

    return edit


def put(name: str, data: bytes) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (edit_weights("language.norm.weight", None), r"language\.norm\.weight is missing"),
        (edit_weights("language.norm.weight", torch.ones(31)), r"language\.norm\.weight has shape \[31\], not \[32\]"),
        (edit_weights("language.norm.weight", torch.full((32,), torch.nan)), r"language\.norm\.weight .* not finite"),
        (edit_weights("left.over", torch.ones(1)), r"left\.over is not a part of this model"),
        (edit_json("config.json", model_type="other"), "model_type is not 'nano'"),
        (edit_json("config.json", lenguage={}), r"config\.json: unknown key 'lenguage'.*'language'"),
        (edit_json("config.json", connector_hidden="many"), "connector_hidden: got 'many'"),
        (edit_json("config.json", connector_hidden=25), r"has shape \[24.*\], not \[25"),
        (edit_json("inputs.json", image={"multiple": 32}), r"image\.multiple is 32; its encoders need 16"),
        (edit_json("inputs.json", speech={}), r"inputs\.json: unknown key 'speech'"),
        (put("config.json", b"[1]"), "got list, expected an object"),
        (put("config.json", b"{"), "not a readable JSON file"),
        (put("config.json", b"[" * 100_000), "not a readable JSON file"),
        (put("inputs.json", b"\xff"), r"inputs\.json: not a readable JSON file"),
        (put("tokenizer.json", b"{}"), "not a readable tokenizer"),
        (put("model.safetensors", b"12345678"), "not readable as safetensors"),
    ],
)
def test_files_that_do_not_fit_are_refused_even_when_sealed(
    tiny_folder: Path, edit: Callable[[Path], None], message: str
) -> None:
    edit(tiny_folder)
    seal(tiny_folder)
    with pytest.raises(CheckpointError, match=message):
        load_nano(tiny_folder)


def test_a_tokenizer_with_more_ids_than_the_model(
    tmp_path: Path, tiny_nano: EarlyFusion, tiny_config: NanoConfig, tiny_tokenizer: Tokenizer
) -> None:
    smaller = replace(tiny_config, language=replace(tiny_config.language, vocabulary=290))
    save_nano(tmp_path, smaller, tiny_tokenizer, tiny_nano.state_dict())
    with pytest.raises(CheckpointError, match="the tokenizer has 300 ids, the model only 290"):
        load_nano(tmp_path)
