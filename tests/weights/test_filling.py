"""Filling a module takes little more memory than the weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from sensorium.weights.filling import all_finite, first_names

MEASURE = """
import sys, torch
from pathlib import Path
from torch import nn
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.keymap import KeyMap, join, layers, rename, transpose
from sensorium.weights.loading import load_checkpoint
folder, dtype = Path(sys.argv[1]), getattr(torch, sys.argv[2], None)

def memory(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))

with Unfilled():
    block = lambda: nn.ModuleDict({"qkv": nn.Linear(1024, 3072, bias=False), "up": nn.Linear(1024, 4096, bias=False)})
    module = nn.ModuleDict({"embedding": nn.Embedding(32768, 1024), "blocks": nn.ModuleList(block() for _ in range(9))})
parts = join("q", "k", "v", ours="qkv.weight"), transpose("fc", "up.weight")
table = KeyMap((rename("wte", "embedding.weight"), *layers("h.{}.", "blocks.{}.", *parts)))
small = KeyMap((rename("a", "weight"),))
# What torch sets up once is none of ours.
load_checkpoint(nn.Linear(8, 8, bias=False), Checkpoint.open(folder / "small"), small, dtype=dtype)
Path("/proc/self/clear_refs").write_text("5")
start = memory("VmRSS")
report = load_checkpoint(module, Checkpoint.open(folder), table, dtype=dtype)
print((memory("VmHWM") - start) / report.bytes, report.bytes, report.mapped / report.bytes)
"""


def write(folder: Path, shapes: dict[str, list[int]], dtype: str, size: int) -> None:
    """A checkpoint of small random numbers, written without having it in memory."""
    folder.mkdir(exist_ok=True)
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + size * torch.Size(shape).numel()
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = torch.rand(1 << 20).to(torch.float32 if size == 4 else torch.bfloat16).view(torch.uint8).numpy().tobytes()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for start in range(0, end, len(block)):
            file.write(block[: end - start])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measures memory as Linux tells it")
@pytest.mark.parametrize(("stored", "wanted"), [("BF16", "None"), ("F32", "bfloat16"), ("BF16", "float32")])
def test_peak_memory_stays_near_the_weights(tmp_path: Path, stored: str, wanted: str) -> None:
    shapes = {"wte": [32768, 1024]}
    for i in range(9):
        shapes |= {f"h.{i}.{each}": [1024, 1024] for each in "qkv"} | {f"h.{i}.fc": [1024, 4096]}
    size = {"BF16": 2, "F32": 4}[stored]
    write(tmp_path, shapes, stored, size)
    write(tmp_path / "small", {"a": [8, 8]}, stored, size)
    command = [sys.executable, "-c", MEASURE, str(tmp_path), wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    peak, size_in_memory, mapped = map(float, done.stdout.split())
    assert size_in_memory > 190e6
    assert peak < 1.15
    assert (mapped > 0.3) == (wanted == "None")


def test_tied_tensors_have_one_first_name() -> None:
    module = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)})
    module["b"].weight = module["a"].weight
    names = first_names(module.state_dict(keep_vars=True))
    assert names == {"a.weight": "a.weight", "a.bias": "a.bias", "b.weight": "a.weight", "b.bias": "b.bias"}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_one_number_that_is_not_finite_is_seen_anywhere(dtype: torch.dtype, size: int) -> None:
    numbers = torch.randn(size).to(dtype)
    assert all_finite(numbers)
    for bad in (float("nan"), float("inf"), float("-inf")):
        for place in {0, size // 2, size - 1}:
            spoiled = numbers.clone()
            spoiled[place] = bad
            assert not all_finite(spoiled)
            assert not all_finite(torch.stack([numbers, spoiled]).T)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_the_largest_numbers_are_finite(dtype: torch.dtype) -> None:
    about = torch.finfo(dtype)
    numbers = torch.tensor(
        [about.max, about.min, about.tiny, about.smallest_normal, -about.tiny, 0.0, -0.0], dtype=dtype
    )
    assert all_finite(numbers)
    assert all_finite(numbers.repeat(100))  # their sum is infinite
    assert all_finite(nn.Parameter(numbers))
    assert all_finite(numbers[:0])


def test_numbers_of_nan_with_any_payload_and_sign_are_seen() -> None:
    for bits in (0x7F81, 0x7FFF, 0xFF81, 0xFFFF, 0x7FC0, 0xFFC0):
        numbers = torch.tensor([0, bits, 0], dtype=torch.int32).to(torch.uint16).view(torch.bfloat16)
        assert not all_finite(numbers)
