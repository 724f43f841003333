"""Processes that have a piece of the model each learn what one process learns, and go on where others stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.training.several import RECIPE, together
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.training.answers import Answers
from sensorium.training.log import Log, read_log
from sensorium.training.loop import train
from sensorium.training.preparation import build_mixture, train_tokenizer
from sensorium.training.processes import Alone
from sensorium.training.pupil import Pupil, fresh
from sensorium.training.recipe import Recipe, read_recipe
from sensorium.training.sharded import Sharded

UNEQUAL = (
    "mixture.scenes.batch=4",
    "mixture.scenes.answered=3",
    "mixture.tones.batch=1",
    "validation_samples=1",
    "optimiser.decay=0.0",
    "model.language.layers=2",
)
"""Three parts of a micro-batch, and one without answers, of one domain, one part of the other; nothing to validate in
the second process; and rates that do not depend on how long the run is."""

NEAR = 2e-4
"""Of a weight: AdamW makes steps of its rate, 2e-3, of gradients that are little more than their rounding."""

SHARDED = "optimiser.strategy=sharded"


def state(folder: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint, put together from its pieces."""
    tensors = load_file(folder / "checkpoint.safetensors")
    for piece in sorted(folder.glob("checkpoint-*.safetensors")):
        tensors |= {name: torch.cat([tensors[name], rows]) for name, rows in load_file(piece).items()}
    del tensors["random"]
    return tensors


def same(first: dict[str, Tensor], second: dict[str, Tensor], *, within: float = 0.0) -> None:
    assert first.keys() == second.keys()
    far = {name: (value.float() - second[name].float()).abs().max().item() for name, value in first.items()}
    assert {name: distance for name, distance in far.items() if not distance <= within} == {}


def log(folder: Path) -> Log:
    return read_log(folder / "log.jsonl")


def told(made: Log) -> list[float]:
    """All losses of a log, in order."""
    return [
        loss
        for entry in made
        for loss in (*entry["loss"].values(), *(each for pair in entry["held_out"].values() for each in pair))
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of runs of four steps, by what they were done with: in one go, or the first two steps by others."""
    folder = tmp_path_factory.mktemp("runs")
    path = folder / "tiny.yaml"
    path.write_text(RECIPE)

    def run(name: str, steps: int, *overrides: str) -> Sequence[str]:
        return [*UNEQUAL, f"output={folder / name}", f"steps={steps}", *overrides]

    def alone(*runs: Sequence[str]) -> None:
        for overrides in runs:
            train(read_recipe(path, overrides), lambda progress: None)

    alone(run("one", 4), run("one-two", 2), run("adapters-one", 4, "stage.kind=instruct", "stage.adapter.rank=2"))
    alone(run("align-one", 4, "stage.kind=align"), run("bf16-one", 4, "precision=bf16"))
    start = folder / "one" / "model"
    teacher = folder / "align-one" / "model"  # of a run that nobody goes on with
    distil = (f"start={start}", "model=null", "stage.kind=distil", f"stage.teacher={teacher}")
    alone(run("distil-one", 4, *distil))
    together(
        2,
        path,
        run("two", 4, SHARDED),
        run("two-two", 2, SHARDED),
        run("two-two", 4, SHARDED),
        run("two-one", 2, SHARDED),
        run("sharded-replicated", 2, SHARDED),
        run("sharded-replicated", 4),
        run("one-two", 4, SHARDED),
        run("adapters", 4, SHARDED, "stage.kind=instruct", "stage.adapter.rank=2"),
        run("align", 4, SHARDED, "stage.kind=align", "optimiser.recompute=true"),
        run("distil", 4, SHARDED, *distil),
        run("bf16", 4, SHARDED, "precision=bf16"),
        run("muon", 4, SHARDED, "optimiser.matrices=muon"),
    )
    alone(run("two-one", 4), run("muon-one", 4, "optimiser.matrices=muon"))
    return folder


@pytest.mark.slow
def test_two_learn_what_one_learns(folder: Path) -> None:
    assert told(log(folder / "two")) == pytest.approx(told(log(folder / "one")), abs=2e-4)
    same(state(folder / "two"), state(folder / "one"), within=NEAR)


@pytest.mark.slow
def test_each_process_has_about_half(folder: Path) -> None:
    sizes = [path.stat().st_size for path in (folder / "two").glob("checkpoint*.safetensors")]
    assert len(sizes) == 2
    assert max(sizes) < 1.2 * min(sizes)
    assert max(sizes) < 0.6 * (folder / "one" / "checkpoint.safetensors").stat().st_size


@pytest.mark.slow
def test_as_many_go_on_bit_by_bit(folder: Path) -> None:
    same(state(folder / "two-two"), state(folder / "two"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two-one", "one-two", "sharded-replicated"])
def test_others_go_on(folder: Path, name: str) -> None:
    same(state(folder / name), state(folder / "one"), within=NEAR)
    assert told(log(folder / name)) == pytest.approx(told(log(folder / "one")), abs=2e-4)
    assert len(list((folder / name).glob("checkpoint-*"))) == (name == "one-two")  # pieces that are of no use go


@pytest.mark.slow
def test_the_model_is_that_of_one_process(folder: Path) -> None:
    first, second = (load_file(folder / name / "model" / "model.safetensors") for name in ("two", "one"))
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], atol=1e-3, rtol=1e-3)  # kept in half precision


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adapters", "align", "distil"])
def test_stages_that_freeze_go_as_well(folder: Path, name: str) -> None:
    """Decoders are frozen, nearly, or the teacher's; align computes their blocks again for the gradients."""
    assert told(log(folder / name)) == pytest.approx(told(log(folder / f"{name}-one")), abs=2e-4)
    same(state(folder / name), state(folder / f"{name}-one"), within=NEAR)


@pytest.mark.slow
def test_adapters_are_written_whole(folder: Path) -> None:
    first, second = (
        load_file(folder / name / "adapter" / "adapter_model.safetensors") for name in ("adapters", "adapters-one")
    )
    same(first, second, within=NEAR)


@pytest.mark.slow
def test_half_precision_is_near(folder: Path) -> None:
    """To fp32 as one process is, and to what one process makes of the same precision nearer than that."""
    assert told(log(folder / "bf16-one")) == pytest.approx(told(log(folder / "one")), abs=2e-2)
    assert told(log(folder / "bf16")) == pytest.approx(told(log(folder / "bf16-one")), abs=1.5e-2)


@pytest.mark.slow
def test_muon_takes_whole_matrices(folder: Path) -> None:
    """It computes in bf16, so a last place of a gradient may tell in the third of a step."""
    assert told(log(folder / "muon")) == pytest.approx(told(log(folder / "muon-one")), abs=5e-3)
    same(state(folder / "muon"), state(folder / "muon-one"), within=2e-2)


class Warm(Answers):
    """Learns a temperature too."""

    def __init__(self, pupil: Pupil) -> None:
        super().__init__(pupil)
        self.warmth = nn.Parameter(torch.tensor(1.0))


def test_a_single_number_that_learns_cannot_be_cut(recipe: Callable[..., Recipe]) -> None:
    made = recipe()
    tokenizer = train_tokenizer(made, build_mixture(made), 300)
    objective = Warm(fresh(made, tokenizer))
    sharded = Sharded(Alone(), torch.device("cpu"), "fp32")
    with pytest.raises(ConfigError, match=r"warmth cannot be cut in pieces.* Take strategy: replicated"):
        sharded.place(objective, nn.Identity())
