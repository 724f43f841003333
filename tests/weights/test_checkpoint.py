"""A folder of safetensors is listed without being read; anything else is refused with what to do."""

import json
import shlex
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from sensorium.core.errors import CheckpointError
from sensorium.weights.checkpoint import INDEX, SINGLE, Checkpoint

A, B, C = torch.randn(2, 3), torch.arange(4), torch.randn(5).bfloat16()


def shards(folder: Path, **changes: str | None) -> None:
    """Three tensors in two files and an index; `changes` are places in the index, None for an entry left out."""
    save_file({"a": A, "b": B}, folder / "model-00001-of-00002.safetensors")
    save_file({"c": C}, folder / "model-00002-of-00002.safetensors")
    places = {"a": "model-00001-of-00002.safetensors", "b": "model-00001-of-00002.safetensors"}
    places |= {"c": "model-00002-of-00002.safetensors"}
    kept = {name: place for name, place in (places | changes).items() if place}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": kept}))


@pytest.mark.parametrize("sharded", [False, True])
def test_names_shapes_types_and_tensors(tmp_path: Path, sharded: bool) -> None:
    if sharded:
        shards(tmp_path)
    else:
        save_file({"a": A, "b": B, "c": C}, tmp_path / SINGLE)
    checkpoint = Checkpoint.open(tmp_path)
    assert sorted(checkpoint.names) == ["a", "b", "c"]
    assert checkpoint.shape("a") == (2, 3)
    assert checkpoint.dtype("c") == torch.bfloat16
    for name, value in {"a": A, "b": B, "c": C}.items():
        assert torch.equal(checkpoint.tensor(name), value)
    changed = checkpoint.tensor("a")
    changed.zero_()
    assert torch.equal(checkpoint.tensor("a"), A)


def test_one_file_comes_before_shards_and_pickles(tmp_path: Path) -> None:
    shards(tmp_path)
    save_file({"only": A}, tmp_path / SINGLE)
    (tmp_path / "pytorch_model.bin").write_bytes(b"no pickle is ever opened")
    assert Checkpoint.open(tmp_path).names == ("only",)


def test_only_headers_are_read_on_opening(tmp_path: Path) -> None:
    path = tmp_path / SINGLE
    text = json.dumps({"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + (1 << 42))  # four terabytes of nothing
    assert Checkpoint.open(tmp_path).shape("a") == (1 << 40,)


def test_an_unknown_name_and_a_quantised_type_are_refused(tmp_path: Path) -> None:
    save_file({"a": A.to(torch.float8_e4m3fn)}, tmp_path / SINGLE)
    checkpoint = Checkpoint.open(tmp_path)
    with pytest.raises(CheckpointError, match="a is of type F8_E4M3; expected F32, BF16 or F16"):
        checkpoint.tensor("a")
    with pytest.raises(CheckpointError, match="no tensor named b"):
        checkpoint.shape("b")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d": "model-00003-of-00003.safetensors"}, r"model-00003-of-00003\.safetensors is missing, with 1 tensors"),
        ({"d": "model-00002-of-00002.safetensors"}, r"d is not in model-00002-of-00002\.safetensors"),
        ({"b": None}, r"b is in model-00001-of-00002\.safetensors, but the index does not say so"),
        ({"c": "../secret.safetensors"}, r"c is in '\.\./secret\.safetensors'; expected the name"),
        ({"c": "/etc/passwd"}, "c is in '/etc/passwd'"),
        ({"c": "model.bin"}, "c is in 'model.bin'"),
        ({"a": None, "b": None, "c": None}, "no 'weight_map'"),
    ],
)
def test_an_index_that_does_not_agree_is_refused(tmp_path: Path, changes: dict[str, str | None], message: str) -> None:
    shards(tmp_path, **changes)
    with pytest.raises(CheckpointError, match=message):
        Checkpoint.open(tmp_path)


def test_a_truncated_shard_is_refused_by_name(tmp_path: Path) -> None:
    shards(tmp_path)
    path = tmp_path / "model-00002-of-00002.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        CheckpointError, match=r"00002-of-00002\.safetensors: .*truncated: .* without 1 of its 1 tensors"
    ):
        Checkpoint.open(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"got no weights; expected model\.safetensors"),
        (["config.json"], "got no weights"),
        (["model.Q4.gguf"], r"got model\.Q4\.gguf; expected"),
        (["adapter_model.safetensors"], r"got adapter_model\.safetensors; expected"),
        (["pytorch_model.bin"], r"got pytorch_model\.bin, pickles, .*convert .*glob\('pytorch_model\*\.bin'\)"),
        (["a'b.pt"], r"a'b\.pt, pickles, .*glob\('\*\.pt'\)"),
        ([f"pytorch_model-{i}.bin" for i in range(9)], r"got pytorch_model-0\.bin, .* and 5 more, pickles"),
        (["last.ckpt", "training_args.bin"], r"got last\.ckpt, pickles"),
    ],
)
def test_other_formats_are_refused_with_what_to_do(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"\x80")
    with pytest.raises(CheckpointError, match=message):
        Checkpoint.open(tmp_path)


def test_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such folder"):
        Checkpoint.open(tmp_path / "none")


def test_the_command_for_pickles_converts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"a": A, "tied": A}, tmp_path / "pytorch_model-00001-of-00002.bin")
    torch.save({"c": C.view(5, 1).T}, tmp_path / "pytorch_model-00002-of-00002.bin")
    with pytest.raises(CheckpointError) as caught:
        Checkpoint.open(tmp_path)
    python, flag, code = shlex.split(str(caught.value).partition("in their folder: ")[2])
    assert (python, flag) == ("python", "-c")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    checkpoint = Checkpoint.open(tmp_path)
    assert all(torch.equal(checkpoint.tensor(name), A) for name in ("a", "tied"))
    assert torch.equal(checkpoint.tensor("c"), C.view(1, 5))
