"""Runs in several processes, as torchrun starts them; and a recipe that is quick."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

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

_RUNS = """
import sys
from pathlib import Path
from sensorium.training.loop import train
from sensorium.training.recipe import read_recipe

for overrides in sys.argv[2:]:
    train(read_recipe(Path(sys.argv[1]), overrides.split()), lambda progress: None)
"""


def together(size: int, path: Path, *runs: Sequence[str]) -> None:
    """Do some runs of a recipe, one after the other, each with its overrides, in processes that find each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", _RUNS, str(path), *(" ".join(overrides) for overrides in runs)]
    processes = [
        subprocess.Popen(command, env={**os.environ, **found, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(size)
    ]
    try:
        codes = [process.wait(timeout=600) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert codes == [0] * size
