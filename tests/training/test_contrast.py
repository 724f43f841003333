"""Learning a space: the loss is over all kinds of a match; pieces have the gradient of the whole; runs resume."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.training.several import together

from sensorium.core.errors import ConfigError
from sensorium.data.matches.match import Draw, Match, Matches
from sensorium.data.mixture import Share
from sensorium.data.sample import Sample
from sensorium.media.types import AudioClip, Image
from sensorium.models.nano_space.folder import begin, load_space
from sensorium.models.nano_space.placer import NanoSpace
from sensorium.nn.contrast import cut, multi_positive
from sensorium.training import preparation
from sensorium.training.contrast import Contrast, Pairing
from sensorium.training.contrast_losses import FIRST_BIAS
from sensorium.training.log import Progress
from sensorium.training.loop import train
from sensorium.training.recipe import Optimiser, Recipe
from sensorium.training.space_pupil import space_pupil
from sensorium.training.stage import Stage

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def colour(which: int, *, sound: bool = True) -> Match:
    name, value = list(COLOURS.items())[which]
    image = Image(np.full((32, 32, 3), value, np.uint8))
    clip = AudioClip(np.sin(np.arange(4000) * (which + 1) / 20).astype(np.float32))
    return Match((image, clip) if sound else (image,), (), "colours", words=name, key=name, against="black")


class Colours:
    """Plain pictures, tones, and names."""

    size = 6

    def draw(self, rng: np.random.Generator) -> Draw:
        return lambda rng: colour(int(rng.integers(3)))

    def held_out(self, index: int) -> Match:
        return colour(index % 3)


@pytest.fixture
def objective(tiny_folder: Path) -> Contrast:
    torch.manual_seed(0)
    return Contrast(begin(tiny_folder))


def ready(objective: Contrast, match: Match) -> Pairing:
    made = objective.tutor(match)
    assert isinstance(made, Pairing)
    return made


def lessons(objective: Contrast, *which: int) -> list[Pairing]:
    return [ready(objective, colour(each)) for each in which]


def gradients(objective: Contrast, some: list[Pairing]) -> tuple[float, list[torch.Tensor]]:
    parameters = list(objective.parameters())
    shown, total = 0.0, [torch.zeros_like(each) for each in parameters]
    for part in objective.parts(some, (float(len(some)),)):
        shown += part.shown
        found = torch.autograd.grad(part.loss, parameters, allow_unused=True)
        total = [one if two is None else one + two for one, two in zip(total, found, strict=True)]
    return shown, total


def test_the_loss_is_the_mean_over_pairs_of_kinds_and_widths(objective: Contrast) -> None:
    some = lessons(objective, 0, 1, 2, 0)
    rows = objective.rows(some)
    words, against, image, audio = rows.unbind(dim=1)
    keys = torch.tensor([0, 1, 2, 0])
    positives, scale = keys[:, None] == keys, objective.model.logit_scale.exp()
    losses = []
    for width in objective.dimensions:
        a, b, c, d = (cut(each, width) for each in (words, against, image, audio))
        losses += [multi_positive(medium, a, positives, scale, against=b) for medium in (c, d)]
        losses.append(multi_positive(c, d, positives, scale))
    shown, _ = gradients(objective, some)
    assert shown == pytest.approx(sum(each.item() for each in losses) / len(losses), rel=1e-5)


def test_pieces_have_the_gradient_of_the_whole(objective: Contrast) -> None:
    some = lessons(objective, 0, 1, 2, 0, 1)
    shown, whole = gradients(objective, some)
    objective.at_once = 2
    again, pieces = gradients(objective, some)
    assert shown == pytest.approx(again, rel=1e-5)
    for one, two in zip(whole, pieces, strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)


def test_altered_words_that_are_said_of_another_are_no_negatives(objective: Contrast) -> None:
    plain = lessons(objective, 0, 1)
    black = ready(objective, Match(colour(2).media, (), "colours", words="black", key="black"))
    found, _ = gradients(objective, [*plain, black])
    words, _, image, audio = objective.rows([*plain, black]).unbind(dim=1)
    pairs, scale = torch.eye(3, dtype=torch.bool), objective.model.logit_scale.exp()
    expected = [
        multi_positive(cut(one, width), cut(two, width), pairs, scale).item()
        for width in objective.dimensions
        for one, two in ((image, words), (audio, words), (image, audio))
    ]
    assert found == pytest.approx(sum(expected) / len(expected), rel=1e-5)


def test_a_medium_is_right_where_its_own_words_are_nearest(objective: Contrast) -> None:
    marks = objective.judge(lessons(objective, 1, 1, 1))
    assert marks.right.tolist() == [True] * 3  # all of one key
    assert marks.of == 3.0


def test_samples_that_are_no_matches(objective: Contrast) -> None:
    with pytest.raises(ConfigError, match="scenes has no matches to learn a space from"):
        objective.tutor(Sample((), (), "scenes"))


@pytest.fixture
def recipe(tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recipe]:
    monkeypatch.setattr(preparation, "matches", lambda name, root: Matches(name, Colours()))

    def make(folder: str = "run", steps: int = 4, **said: Any) -> Recipe:
        return Recipe(
            name="tiny",
            steps=steps,
            mixture={"colours": Share(batch=6)},
            output=str(tmp_path / folder),
            start=str(tiny_folder),
            micro_batches=1,
            stage=Stage(kind="contrastive", **said),
            optimiser=Optimiser(warmup=2),
            precision="fp32",
            validate_every=steps,
            validation_samples=6,
            save_every=2,
            workers=0,
        )

    return make


@pytest.mark.parametrize(
    "said",
    [
        {"hardness": 0.3},
        {"objective": "sigmoid"},
        {"objective": "supervised", "altered": False},
        {"objective": "binding", "anchor": "audio"},
    ],
)
def test_a_run_of_each_objective(recipe: Callable[..., Recipe], said: dict[str, Any]) -> None:
    folder = train(recipe(steps=2, **said), lambda _: None)
    made = load_space(folder).embed(list(COLOURS))
    assert np.isfinite(made).all()
    entry = json.loads((folder.parent / "log.jsonl").read_text().splitlines()[-1])
    assert entry["loss"]["colours"] > 0
    bias = load_file(folder.parent / "checkpoint.safetensors").get("objective.drawing.bias")
    assert (bias is not None and bias.item() != FIRST_BIAS) == (said.get("objective") == "sigmoid")


def test_altered_words_may_be_left_out(tiny_folder: Path) -> None:
    space = begin(tiny_folder)
    with_them, without = (Contrast(space, stage=Stage("contrastive", altered=each)) for each in (True, False))
    some = lessons(with_them, 0, 1, 2)
    assert gradients(with_them, some)[0] > gradients(without, some)[0]


SHARED = """
name: shared
steps: 3
start: START
mixture: {scenes: {batch: 5}, tones: {batch: 4}}
micro_batches: 2
stage: {kind: contrastive, gathered: true}
optimiser: {warmup: 2, clip: 100.0, accumulate: 1, matrices: adamw, at_once: AT_ONCE}
precision: fp32
validate_every: 3
validation_samples: 6
save_every: 3
workers: 0
threads: 2
"""


@pytest.mark.slow
@pytest.mark.parametrize("at_once", ["null", "2"])
def test_two_processes_that_share_batches_learn_as_one(tmp_path: Path, tiny_folder: Path, at_once: str) -> None:
    """Also where a batch does not come out even; all of it are rivals, wherever they were encoded."""
    path = tmp_path / "shared.yaml"
    path.write_text(SHARED.replace("START", str(tiny_folder)).replace("AT_ONCE", at_once))
    for size in (1, 2):
        together(size, path, [f"output={tmp_path / str(size)}"])
    one, two = (load_file(tmp_path / str(size) / "checkpoint.safetensors") for size in (1, 2))
    assert one.keys() == two.keys()
    for name, value in one.items():
        if name.startswith(("objective.", "average.")):  # of a rate of 0.002 what rounding makes of small gradients
            torch.testing.assert_close(two[name], value, atol=2e-4, rtol=0)
    alone, shared = (
        json.loads((tmp_path / str(size) / "log.jsonl").read_text().splitlines()[-1])["loss"] for size in (1, 2)
    )
    assert shared == pytest.approx(alone, abs=2e-4)


class Killed(BaseException):
    """Comes from outside."""


@pytest.mark.slow
def test_it_learns(recipe: Callable[..., Recipe]) -> None:
    reports: list[Progress] = []
    folder = train(recipe(steps=16), reports.append)
    assert reports[-1].validation == {"colours": 1.0}
    space = load_space(folder)
    chances = space.embed(list(COLOURS)) @ space.embed([colour(index).media[0] for index in range(3)]).T
    assert chances.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_killed_run_goes_on_as_if_it_had_not_been(
    recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = recipe("whole")
    train(whole, lambda _: None)
    broken = recipe("broken")
    seen = 0
    learn = Contrast.parts

    def fall(self: Contrast, *arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 4:
            raise Killed
        return learn(self, *arguments)

    monkeypatch.setattr(Contrast, "parts", fall)
    with pytest.raises(Killed):
        train(broken, lambda _: None)
    monkeypatch.undo()
    monkeypatch.setattr(preparation, "matches", lambda name, root: Matches(name, Colours()))
    train(broken, lambda _: None)
    one, two = (load_file(Path(each.output) / "checkpoint.safetensors") for each in (whole, broken))
    assert all(torch.equal(one[name], two[name]) for name in one if name != "random")


def test_a_space_is_gone_on_with(tiny_folder: Path, tmp_path: Path) -> None:
    pupil = space_pupil(str(tiny_folder))
    pupil.save(tmp_path / "run", None, base=None)
    again = space_pupil(str(tmp_path / "run" / "model"))
    assert isinstance(again.space, NanoSpace)
    assert again.shape == pupil.shape


def test_other_families_are_no_start() -> None:
    with pytest.raises(ConfigError, match=r"of the family clip; expected nano or nano-space"):
        space_pupil(str(Path(__file__).parents[1] / "models" / "clip" / "golden"))
