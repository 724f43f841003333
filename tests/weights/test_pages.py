"""Tensors lie in their file without a copy; memory that is given back comes back with the same numbers."""

import mmap
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import CheckpointError
from sensorium.weights import pages
from sensorium.weights.format import read_header
from sensorium.weights.pages import Pages, give_back

TENSORS = {
    "half": torch.randn(3, 5).half(),
    "brain": torch.randn(7).bfloat16(),
    "single": torch.randn(2, 3, 4),
    "yes": torch.tensor([True, False]),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 4),
}
on_linux = pytest.mark.skipif(not Path("/proc/self/pagemap").exists(), reason="only Linux tells whose pages are")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_file(TENSORS, tmp_path / "a.safetensors", {"format": "pt"})
    return tmp_path / "a.safetensors"


@pytest.fixture
def large(tmp_path: Path) -> Tensor:
    """64 MB in place in a file."""
    save_file({"a": torch.arange(8_000_000)}, tmp_path / "large.safetensors")
    return Pages(tmp_path / "large.safetensors").tensor(read_header(tmp_path / "large.safetensors")["a"])


def resident() -> int:
    """Bytes of files that this process has in memory."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[2]) * mmap.PAGESIZE


def test_all_types_are_read_as_the_library_reads_them(path: Path) -> None:
    held, expected = Pages(path), load_file(path)
    for name, stored in read_header(path).items():
        found = held.tensor(stored)
        assert found.dtype == expected[name].dtype
        assert torch.equal(found, expected[name])


def test_tensors_lie_in_the_file_and_changes_stay_here(path: Path) -> None:
    before = path.read_bytes()
    stored = read_header(path)["single"]
    first, again, other = Pages(path), Pages(path), read_header(path)["half"]
    value = first.tensor(stored)
    value.add_(1)
    assert torch.equal(first.tensor(stored), TENSORS["single"] + 1)  # the same memory
    assert torch.equal(again.tensor(stored), TENSORS["single"])
    assert torch.equal(first.tensor(other), TENSORS["half"])
    assert path.read_bytes() == before


def test_a_tensor_outlives_its_pages_and_file(path: Path) -> None:
    value = Pages(path).tensor(read_header(path)["single"])
    path.unlink()
    assert torch.equal(value, TENSORS["single"])


def test_data_that_is_not_aligned_is_copied(tmp_path: Path) -> None:
    header = b'{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}'
    header += b" " * ((1 - len(header)) % 4)  # the data begin one byte beyond a multiple of four
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + torch.tensor([1.0, 2.0, 3.0]).numpy().tobytes())
    stored = read_header(path)["a"]
    assert stored.start % 4
    value = Pages(path).tensor(stored)
    assert value.tolist() == [1, 2, 3]
    give_back([value])  # it lies in no file
    assert value.tolist() == [1, 2, 3]


def test_a_file_that_shrinks_later_is_no_crash(path: Path) -> None:
    stored = read_header(path)["single"]
    path.write_bytes(path.read_bytes()[: stored.start])
    with pytest.raises(CheckpointError, match="shrunk"):
        Pages(path).tensor(stored)
    path.unlink()
    with pytest.raises(CheckpointError, match="not readable"):
        Pages(path)


@on_linux
def test_memory_falls_and_the_numbers_come_back(large: Tensor) -> None:
    before = resident()
    total = large.sum()
    assert resident() - before > 60e6
    give_back([large[2:5], large])  # a view stands for the whole
    assert resident() - before < 1e6
    assert large.sum() == total
    assert resident() - before > 60e6


def test_what_was_written_stays(large: Tensor) -> None:
    expected = torch.arange(8_000_000)
    for place in (0, 511, 512, 4_000_000, 7_999_999):
        large[place] = expected[place] = -1
    large[5_000_000:5_100_000] += 7
    expected[5_000_000:5_100_000] += 7
    for _ in range(2):
        give_back([large])
        assert torch.equal(large, expected)


def test_a_neighbour_keeps_what_was_written(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(100_001), "b": torch.zeros(100_001)}, tmp_path / "a.safetensors")
    header, held = read_header(tmp_path / "a.safetensors"), Pages(tmp_path / "a.safetensors")
    first, second = held.tensor(header["a"]), held.tensor(header["b"])
    second[0] = 5  # in the page where the first one ends
    give_back([first])
    assert second[0] == 5
    assert not first.any()


def test_memory_of_no_file_is_left_alone(large: Tensor) -> None:
    own, shared = torch.ones(100_000), torch.ones(100_000).share_memory_()
    give_back([own, shared, torch.empty(0), F.pad(large[:5], (1, 1)), torch.empty(5, device="meta")])
    assert own.sum() == shared.sum() == 100_000


def test_elsewhere_nothing_is_done(large: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    before = resident() if pages._PAGEMAP.exists() else 0
    large.sum()
    monkeypatch.setattr(pages, "_PAGEMAP", Path("/no/such/file"))
    give_back([large])
    assert not before or resident() - before > 60e6


@on_linux
def test_a_mapping_that_nobody_uses_is_forgotten(path: Path) -> None:
    count = len(pages._MAPPINGS)
    value = Pages(path).tensor(read_header(path)["single"])
    assert len(pages._MAPPINGS) == count + 1
    del value
    assert len(pages._MAPPINGS) == count
