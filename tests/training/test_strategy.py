"""Several processes learn what one learns; each makes its own draws."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sensorium.core.errors import ConfigError
from sensorium.training.log import read_log
from sensorium.training.loop import train
from sensorium.training.recipe import read_recipe
from sensorium.training.strategy import OneProcess, Replicated, find_strategy

RECIPE = """
name: tiny
steps: 4
mixture: {scenes: {batch: 3, answered: 2}, tones: {batch: 2}}
micro_batches: 1
optimiser: {accumulate: 2, warmup: 2, matrices: adamw, clip: 100.0}
precision: fp32
tokenizer_samples: 10
validate_every: 2
validation_samples: 3
save_every: 2
workers: 0
threads: 1
model:
  vision: {width: 16, layers: 1, heads: 2, hidden: 24, stem: [8, 8]}
  audio: {width: 16, layers: 1, heads: 2, hidden: 24, stem: [4, 4, 8]}
  video: {width: 24, layers: 1, heads: 2, hidden: 24, stem: [4, 8, 8]}
  language: {vocabulary: 600, width: 32, layers: 1, heads: 4, kv_heads: 2, hidden: 48}
  inputs: {image: {max_pixels: 4096, min_pixels: 1024}, audio: {mel_bins: 16}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    return tmp_path / "tiny.yaml"


def together(command: list[str], size: int) -> None:
    """Run a command in several processes that find each other, as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size), "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(command, env={**os.environ, **found, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(size)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0] * size


def test_two_processes_learn_what_one_learns(path: Path, tmp_path: Path) -> None:
    one = read_recipe(path, [f"output={tmp_path / 'one'}"])
    train(one, lambda progress: None)
    command = [sys.executable, "-m", "sensorium", "train", str(path), f"output={tmp_path / 'two'}"]
    together(command, 2)
    logs = [read_log(tmp_path / name / "log.jsonl") for name in ("one", "two")]
    assert [entry["step"] for entry in logs[0]] == [2, 4]
    for mine, theirs in zip(*logs, strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], abs=2e-4)
        assert mine["validation"] == theirs["validation"]
        for name, losses in mine["held_out"].items():
            assert losses == pytest.approx(theirs["held_out"][name], abs=2e-4)
    first, second = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("one", "two"))
    for name, value in first.items():
        if name.startswith(("objective.", "average.")):
            torch.testing.assert_close(value, second[name], atol=2e-4, rtol=1e-3)


def test_one_process_makes_all_draws_and_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    strategy = find_strategy(torch.device("cpu"))
    assert isinstance(strategy, OneProcess)
    assert (strategy.leads, list(strategy.draws(3)), strategy.summed([1.0, 2.0])) == (True, [0, 1, 2], [1.0, 2.0])
    gradients = [None, torch.ones(2)]
    assert strategy.added(gradients, [torch.ones(1), torch.ones(2)]) is gradients


@pytest.mark.parametrize(("rank", "draws"), [(0, [0, 2]), (1, [1, 3])])
def test_draws_are_shared_evenly_or_not_at_all(monkeypatch: pytest.MonkeyPatch, rank: int, draws: list[int]) -> None:
    monkeypatch.setattr("torch.distributed.get_rank", lambda: rank)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 2)
    strategy = Replicated(torch.device("cpu"))
    assert list(strategy.draws(4)) == draws
    with pytest.raises(ConfigError, match=r"accumulate is 3, for 2 processes.* Set optimiser\.accumulate=2"):
        strategy.draws(3)
    with pytest.raises(ConfigError, match=r"accumulate is 1, for 2 processes.* Set optimiser\.accumulate=2"):
        strategy.draws(1)
