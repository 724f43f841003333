"""Whole runs of every stage, from a model folder to a model folder: what is frozen stays, what learns has moved."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sensorium.core.errors import ConfigError
from sensorium.data.mixture import Share
from sensorium.media.encode import encode_image
from sensorium.media.types import Image
from sensorium.models.adapters import AdapterConfig
from sensorium.models.catalog import FAMILIES
from sensorium.training.answers import Answers
from sensorium.training.distillation import Distillation
from sensorium.training.log import Progress
from sensorium.training.loop import train
from sensorium.training.objectives import build_objective
from sensorium.training.preference import Preference
from sensorium.training.pupil import from_folder
from sensorium.training.recipe import Optimiser, Recipe
from sensorium.training.stage import Stage

MakeRecipe = Callable[..., Recipe]

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def started(recipe: MakeRecipe, tmp_path: Path) -> MakeRecipe:
    """Makes a recipe of two steps that starts from a folder, on pairs about plain pictures."""
    rows = []
    for number in range(8):
        (tmp_path / f"{number}.png").write_bytes(encode_image(Image(np.full((40, 40, 3), 30 * number, np.uint8))))
        answers = {"chosen": f"yes {number}", "rejected": "no"}
        rows.append({"prompt": f"<image>Is it {number}?", "images": [f"{number}.png"], **answers})
    lines = [json.dumps(row | {"response": row["chosen"]}) for row in rows]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines))

    def make(**changes: Any) -> Recipe:
        share = Share(batch=2, file=str(tmp_path / "mine.jsonl"), validation=0.4)
        return recipe(mixture={"mine": share}, steps=2, validate_every=2, save_every=2, model=None, **changes)

    return make


def run(recipe: Recipe) -> Progress:
    reports: list[Progress] = []
    train(recipe, reports.append)
    return reports[-1]


def weights(family: str, folder: Path) -> dict[str, Tensor]:
    network = FAMILIES.resolve(family)(folder).network
    assert isinstance(network, torch.nn.Module)
    return network.state_dict()


def moved(family: str, start: Path, recipe: Recipe, depth: int = 3) -> set[str]:
    """Parts that are not bit by bit what they were, so many names deep."""
    before, after = weights(family, start), weights(family, Path(recipe.output) / "model")
    return {".".join(name.split(".")[:depth]) for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize(
    "stage",
    [
        Stage("align"),
        Stage("align", adapter=AdapterConfig(rank=2, targets=("language.blocks.0.attention.*",))),
        Stage("prefer", train=("language.blocks.*",)),
        Stage("distil", teacher="START", freeze=("language.*",)),
    ],
    ids=["align", "adapter", "prefer", "distil"],
)
def test_what_is_frozen_stays_as_it_was(started: MakeRecipe, tiny_folder: Path, stage: Stage) -> None:
    if stage.teacher:
        stage = Stage("distil", teacher=str(tiny_folder), freeze=stage.freeze)
    made = started(start=str(tiny_folder), stage=stage)
    last = run(made)
    assert last.held_out is not None
    assert last.held_out["mine"].blanked is not None
    expected = {
        "align": {"readers.image.connector"} | ({"language.blocks.0"} if stage.adapter else set()),
        "prefer": {"language.blocks.0", "language.blocks.1"},
        "distil": {"readers.image.connector"},
    }
    assert moved("nano", tiny_folder, made) == expected[stage.kind]
    assert (Path(made.output) / "adapter").exists() is (stage.adapter is not None)


def test_a_run_with_frozen_parts_goes_on_as_if_uninterrupted(started: MakeRecipe, tiny_folder: Path) -> None:
    folders = []
    for name, halves in (("whole", [4]), ("cut", [2, 4])):
        for steps in halves:
            made = started(
                start=str(tiny_folder), stage=Stage("align"), folder=name, optimiser=Optimiser(recompute=True)
            )
            folders.append(train(Recipe(**{**vars(made), "steps": steps}), lambda progress: None))
    assert (folders[0] / "model.safetensors").read_bytes() == (folders[-1] / "model.safetensors").read_bytes()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")  # of the reference
@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage("align"), {"readers.image.views"}),
        (Stage("instruct", adapter=AdapterConfig(rank=2)), {"readers.image.views", "language.blocks"}),
    ],
    ids=["align", "adapter"],
)
def test_an_open_checkpoint_is_taught_and_written_as_one(
    started: MakeRecipe, tmp_path: Path, stage: Stage, expected: set[str]
) -> None:
    pytest.importorskip("transformers")
    from tests.models.llava.reference import write

    write(tmp_path / "start", "llava")
    made = started(start=str(tmp_path / "start"), stage=stage)
    run(made)
    changed = moved("llava", tmp_path / "start", made)
    assert {name.removesuffix(".0").removesuffix(".1") for name in changed} == expected


def test_every_kind_has_its_objective(started: MakeRecipe, tiny_folder: Path) -> None:
    start = str(tiny_folder)
    kinds = {
        Answers: Stage("instruct"),
        Preference: Stage("prefer"),
        Distillation: Stage("distil", teacher=start),
    }
    for kind, stage in kinds.items():
        assert isinstance(build_objective(started(start=start, stage=stage), from_folder(start, None)), kind)
    with pytest.raises(ConfigError, match=r"nothing is said to start with\. Give start"):
        build_objective(started(stage=Stage("prefer")), from_folder(start, None))


@pytest.mark.parametrize("fusion", ["gated", "late, learned: true", "middle, after: [0]", "early"])
def test_a_composed_model_is_put_together_and_taught(started: MakeRecipe, tmp_path: Path, fusion: str) -> None:
    text = (EXAMPLES / "composed.yaml").read_text().replace("kind: gated", f"kind: {fusion}")
    (tmp_path / "mine.yaml").write_text(text)
    made = started(start=str(tmp_path / "mine.yaml"), stage=Stage("align"))
    run(made)
    changed = moved("composed", Path(made.output) / "start", made, depth=5)
    assert any("image.connector" in name for name in changed)
    assert not any("encoder" in name or "language" in name for name in changed)
    again = train(replace(made, steps=3), lambda progress: None)  # the start is not put together anew
    assert weights("composed", again)
