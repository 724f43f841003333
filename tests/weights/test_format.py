"""A safetensors file is read without a copy; one that is not whole says what it lacks."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sensorium.core.errors import CheckpointError
from sensorium.weights.format import DTYPES, pieces, read_header

TENSORS = {
    "half": torch.randn(3, 5).half(),
    "brain": torch.randn(7).bfloat16(),
    "single": torch.randn(2, 3, 4),
    "double": torch.randn(2).double(),
    "whole": torch.arange(5),
    "bytes": torch.arange(5, dtype=torch.uint8),
    "yes": torch.tensor([True, False]),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 4),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_file(TENSORS, tmp_path / "a.safetensors", {"format": "pt"})
    return tmp_path / "a.safetensors"


def write(path: Path, header: object, data: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def test_all_types_are_read_as_the_library_reads_them(path: Path) -> None:
    header, expected = read_header(path), load_file(path)
    assert header.keys() == TENSORS.keys() == expected.keys()
    for name, stored in header.items():
        assert DTYPES[stored.dtype] == expected[name].dtype
        assert stored.shape == tuple(expected[name].shape)
        found = torch.zeros_like(expected[name])
        for where, numbers in pieces(stored):
            found[where] = numbers
        assert torch.equal(found, expected[name])
        straight = torch.zeros_like(expected[name])
        assert [where for where, _ in pieces(stored, into=straight)] == [where for where, _ in pieces(stored)]
        assert torch.equal(straight, expected[name])


@pytest.mark.parametrize(("first", "last"), [(0, None), (3, 40), (39, 40)])
@pytest.mark.parametrize("piece", [1, 35, 7 * 40, 10_000])
def test_pieces_of_any_size_make_the_rows_asked_for(tmp_path: Path, piece: int, first: int, last: int | None) -> None:
    tensor = torch.randn(40, 7)
    save_file({"before": torch.zeros(3), "a": tensor}, tmp_path / "a.safetensors")
    rows = tensor[first:last]
    found = torch.zeros_like(rows)
    count = 0
    stored = read_header(tmp_path / "a.safetensors")["a"]
    for where, numbers in pieces(stored, first, last, size=piece):
        found[where], count = numbers, count + 1
        assert numbers.numel() <= max(piece, 7)
    assert torch.equal(found, rows)
    assert count == -(-len(rows) // max(1, piece // 7))
    straight = torch.zeros_like(rows)
    for where, numbers in pieces(stored, first, last, into=straight, size=piece):
        assert numbers.data_ptr() == straight[where].data_ptr()
        assert torch.equal(numbers, rows[where])
    assert torch.equal(straight, rows)


def test_data_that_is_not_aligned_is_read(tmp_path: Path) -> None:
    header = {"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}
    text = json.dumps(header).encode()
    text += b" " * ((1 - len(text)) % 4)  # the data begin one byte beyond a multiple of four
    path = write(tmp_path / "a.safetensors", text, torch.tensor([1.0, 2.0, 3.0]).numpy().tobytes())
    stored = read_header(path)["a"]
    assert stored.start % 4
    assert [numbers.tolist() for _, numbers in pieces(stored)] == [[1, 2, 3]]


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 20, 100])
def test_a_file_without_its_header_is_refused(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"not readable as safetensors \((it does not begin|truncated)"):
        read_header(path)


def test_a_truncated_file_says_how_much_it_lacks(path: Path) -> None:
    stored = read_header(path)
    path.write_bytes(path.read_bytes()[: stored["single"].stop - 1])
    lost = [name for name, each in stored.items() if each.stop >= stored["single"].stop]
    assert 1 < len(lost) < len(stored)
    with pytest.raises(CheckpointError, match=rf"truncated: \d+ of \d+ bytes, without {len(lost)} of its 9 tensors\)"):
        read_header(path)


def test_a_file_that_shrinks_later_is_no_crash(path: Path) -> None:
    stored = read_header(path)["single"]
    path.write_bytes(path.read_bytes()[: stored.start])
    with pytest.raises(CheckpointError, match="shrunk"):
        list(pieces(stored))
    path.unlink()
    with pytest.raises(CheckpointError, match="not readable"):
        list(pieces(stored))


GOOD = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"[1, 2]", "not a table"),
        (b"{", "its header: Expecting"),
        (b"[" * 100_000, "its header: "),
        (b'{"a": {}, "a": {}}', "a name stands twice"),
        ({"a": {}}, "no type, shape and place for a"),
        ({"a": GOOD | {"shape": [-1]}}, "for a"),
        ({"a": GOOD | {"shape": [True]}}, "for a"),
        ({"a": GOOD | {"data_offsets": [0]}}, "for a"),
        ({"a": GOOD | {"shape": [2]}}, r"a has 4 bytes, F32 \[2\] needs 8"),
        ({"a": GOOD, "b": GOOD}, "b begins at byte"),
        ({"a": GOOD | {"data_offsets": [4, 8]}}, "a begins at byte"),
        ({"a": GOOD | {"data_offsets": [0, 8], "shape": [2]}}, "truncated: .* without 1 of its 1 tensors"),
        ({}, "4 bytes more than its header lists"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(tmp_path: Path, header: object, message: str) -> None:
    path = write(tmp_path / "a.safetensors", header, bytes(4))
    with pytest.raises(CheckpointError, match=message):
        read_header(path)


def test_a_type_that_we_cannot_read_is_listed(tmp_path: Path) -> None:
    header = {"a": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}
    assert read_header(write(tmp_path / "a.safetensors", header, bytes(4)))["a"].dtype == "F8_E4M3"


def test_a_pointer_of_git_lfs_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 7\n")
    with pytest.raises(CheckpointError, match="Git LFS pointer"):
        read_header(path)


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(CheckpointError, match="not readable as safetensors"):
            read_header(path)
