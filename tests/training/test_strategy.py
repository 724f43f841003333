"""Several processes that have the whole model learn what one learns; one process has nobody to share a model with."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.training.several import RECIPE, together

from sensorium.training.log import read_log
from sensorium.training.loop import train
from sensorium.training.processes import Alone
from sensorium.training.recipe import Optimiser, Recipe, read_recipe
from sensorium.training.strategy import Replicated, find_strategy


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE)
    train(read_recipe(path, [f"output={tmp_path / 'one'}"]), lambda progress: None)
    together(2, path, [f"output={tmp_path / 'two'}"])
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


def test_one_process_has_the_whole_model(recipe: Callable[..., Recipe]) -> None:
    made = recipe(optimiser=Optimiser(strategy="sharded"))
    with ThreadPoolExecutor(1) as pool:
        assert isinstance(find_strategy(made, Alone(), torch.device("cpu"), pool), Replicated)
