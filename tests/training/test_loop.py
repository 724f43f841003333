"""The loop: it learns, it is a function of the recipe, and a run that was killed goes on as if it had not been."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tests.training.conftest import Colours
from torch import Tensor

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.data.mixture import Share
from sensorium.models.nano.config import NanoConfig
from sensorium.models.nano.folder import load_nano
from sensorium.training import preparation
from sensorium.training.log import Progress, read_log
from sensorium.training.loop import train
from sensorium.training.recipe import Recipe, read_recipe

MakeRecipe = Callable[..., Recipe]


class Killed(BaseException):
    """Comes from outside, at any moment."""


def ignore(progress: Progress) -> None:
    """Report nothing."""


def kill_at(step: int) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        if progress.step == step:
            raise Killed

    return report


def state(recipe: Recipe) -> dict[str, Tensor]:
    """Weights, average and optimisers after a run; the random state may differ, as nothing draws from it."""
    tensors = load_file(Path(recipe.output) / "checkpoint.safetensors")
    del tensors["random"]
    return tensors


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_leaves_checkpoint_log_and_model(recipe: MakeRecipe) -> None:
    reports: list[Progress] = []
    made = recipe()
    folder = train(made, reports.append)
    assert [each.step for each in reports] == [1, 2, 3, 4, 5, 6]
    assert reports[-1].steps == 6
    assert reports[-1].seconds_left == 0.0
    assert all(set(each.losses) == {"one", "two"} for each in reports)
    assert all(each.validation is not None and 0 <= each.validation["one"] <= 1 for each in reports)
    log = read_log(Path(made.output) / "log.jsonl")
    assert [entry["step"] for entry in log] == [1, 2, 3, 4, 5, 6]
    model, config, _ = load_nano(folder)
    assert config == made.model
    average = {name.removeprefix("average."): value for name, value in state(made).items() if "average." in name}
    assert same(model.state_dict(), {name: value.half().float() for name, value in average.items()})


def test_domains_of_ones_own_making(recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as those of the catalogue, which no one asks for them."""
    names = ("one", "two")
    train(recipe("catalogue"), lambda progress: None)
    monkeypatch.setattr(preparation, "domain", None)
    own = recipe("own")
    train(own, lambda progress: None, domains={name: Colours(name) for name in names})
    assert read_log(Path(own.output) / "log.jsonl") == read_log(Path(recipe("catalogue").output) / "log.jsonl")
    with pytest.raises(ConfigError, match="got the domain 'three' to draw from, but the mixture has one, two"):
        train(own, lambda progress: None, domains={"three": Colours("three")})
    filed = recipe("filed", mixture={"one": Share(file="one.json")})
    with pytest.raises(ConfigError, match="got the domain 'one' to draw from, but the mixture has a file of this"):
        train(filed, lambda progress: None, domains={"one": Colours("one")})


def test_a_seed_says_everything(recipe: MakeRecipe) -> None:
    runs = [recipe("a"), recipe("b", threads=1), recipe("c", seed=2)]
    for each in runs:
        train(each, ignore)
    assert same(state(runs[0]), state(runs[1]))
    assert not same(state(runs[0]), state(runs[2]))


@pytest.mark.parametrize("step", [2, 3, 4, 6])
def test_killed_and_resumed_is_as_uninterrupted(recipe: MakeRecipe, step: int) -> None:
    whole, cut = recipe("whole"), recipe("cut")
    train(whole, ignore)
    with pytest.raises(Killed):
        train(cut, kill_at(step))
    reports: list[Progress] = []
    train(cut, reports.append)
    assert reports[0].step == (4 if step > 3 else 1)  # saved after every third step
    assert same(state(whole), state(cut))
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (Path(whole.output) / "model" / name).read_bytes() == (Path(cut.output) / "model" / name).read_bytes()


def test_a_run_killed_between_checkpoint_and_model_is_completed(recipe: MakeRecipe) -> None:
    made = recipe()
    folder = train(made, ignore)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(b"half")
    assert train(made, ignore) == folder
    assert load_nano(folder)
    assert (folder / "model.safetensors").read_bytes() == whole


def test_a_run_may_be_prolonged(recipe: MakeRecipe) -> None:
    train(recipe(steps=3), ignore)
    reports: list[Progress] = []
    train(recipe(steps=5), reports.append)
    assert [each.step for each in reports] == [4, 5]


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"micro_batches": 1},
        {"precision": "bf16"},
        {"mixture": {"one": Share(batch=3, answered=1), "two": Share(batch=2)}},
    ],
)
def test_another_recipe_in_the_same_folder_is_refused(recipe: MakeRecipe, changes: dict[str, object]) -> None:
    train(recipe(steps=1), ignore)
    with pytest.raises(CheckpointError, match="written by a run with another model, mixture or seed"):
        train(recipe(steps=1, **changes), ignore)


def test_a_tokenizer_left_by_another_recipe_is_not_taken(recipe: MakeRecipe) -> None:
    whole, other = recipe("whole"), recipe("other")
    train(whole, ignore)
    Path(other.output).mkdir()
    (Path(other.output) / "tokenizer.json").write_text("left over")
    train(other, ignore)
    assert same(state(whole), state(other))


def test_a_damaged_checkpoint_is_named(recipe: MakeRecipe) -> None:
    made = recipe(steps=1)
    train(made, ignore)
    path = Path(made.output) / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CheckpointError, match=r"checkpoint\.safetensors: not a readable checkpoint"):
        train(made, ignore)


def test_a_run_may_start_from_a_model(recipe: MakeRecipe) -> None:
    start = train(recipe("first"), ignore)
    made = recipe("second", start=str(start), steps=1)
    train(made, ignore)
    before, after = load_nano(start)[0].state_dict(), load_nano(Path(made.output) / "model")[0].state_dict()
    near = [(before[name] - after[name]).abs().max().item() for name in before]
    assert 0 < max(near) < 0.1  # one step away


def test_a_start_of_other_sizes_is_refused(recipe: MakeRecipe, tiny_config: NanoConfig) -> None:
    start = train(recipe("first", steps=1), ignore)
    wider = replace(tiny_config, connector_hidden=48)
    with pytest.raises(ConfigError, match="a model of other sizes or inputs than the recipe's"):
        train(recipe("second", start=str(start), model=wider), ignore)


RUN = """
import sys
from pathlib import Path
from sensorium.training.loop import train
from sensorium.training.recipe import read_recipe
train(read_recipe(Path(sys.argv[1]), sys.argv[2:]), lambda progress: None)
"""

REAL = """
name: tiny
steps: 16
mixture: {scenes: {batch: 4, answered: 2}, tones: {batch: 2}}
micro_batches: 2
precision: fp32
tokenizer_samples: 10
validate_every: 1000
validation_samples: 2
save_every: 2
workers: 1
model:
  vision: {width: 16, layers: 1, heads: 2, hidden: 24, stem: [8, 8]}
  audio: {width: 16, layers: 1, heads: 2, hidden: 24, stem: [4, 4, 8]}
  video: {width: 24, layers: 1, heads: 2, hidden: 24, stem: [4, 8, 8]}
  language: {vocabulary: 600, width: 32, layers: 1, heads: 4, kv_heads: 2, hidden: 48}
  inputs: {image: {max_pixels: 4096, min_pixels: 1024}, audio: {mel_bins: 16}}
"""


def test_a_process_killed_outright_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """All runs are processes of one environment: sums may differ in their last bits between others."""
    (tmp_path / "tiny.yaml").write_text(REAL)
    whole, cut = (read_recipe(tmp_path / "tiny.yaml", [f"output={tmp_path / name}"]) for name in ("whole", "cut"))

    def command(recipe: Recipe) -> list[str]:
        return [sys.executable, "-c", RUN, str(tmp_path / "tiny.yaml"), f"output={recipe.output}"]

    subprocess.run(command(whole), check=True)
    checkpoint = Path(cut.output) / "checkpoint.safetensors"
    with subprocess.Popen(command(cut)) as process:
        while not checkpoint.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    with safe_open(checkpoint, framework="pt") as file:
        assert 2 <= int(file.metadata()["step"]) < 16
    subprocess.run(command(cut), check=True)
    assert same(state(whole), state(cut))
