"""The course: losses fall, a seed says everything, the mean of the weights stays, and divergence is an error."""

from pathlib import Path

import pytest
import torch

from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import EngineError
from sensorium.evaluation.fusion.course import teach
from sensorium.evaluation.fusion.samples import asked
from sensorium.evaluation.fusion.task import texts
from sensorium.models.composed.compose import compose
from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.folder import save
from sensorium.training.lesson import Lesson, prepare
from sensorium.training.pupil import Pupil, from_folder

Lessons = list[Lesson]


@pytest.fixture
def start(tmp_path: Path, tiny: ComposedConfig) -> Path:
    tokenizer = Tokenizer.train(texts("sound"), vocabulary=300, special=SPECIAL_TOKENS)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save(tmp_path, compose(tiny, tokenizer=tokenizer))
    return tmp_path


def begin(start: Path) -> tuple[Pupil, Lessons]:
    pupil = from_folder(str(start), None)
    return pupil, [prepare(sample, pupil.assembler) for sample, _ in asked("either", "sound", 4)]


def test_losses_fall_and_a_seed_says_everything(start: Path) -> None:
    curves = []
    for seed in (1, 1, 2):
        pupil, lessons = begin(start)
        curves.append(teach(pupil, lessons, {"either": lessons}, steps=4, seed=seed))
    first, same, other = curves
    assert [point.step for point in first] == [1, 2, 3, 4]
    assert first[-1].loss["either"] < 0.95 * first[0].loss["either"]
    assert all(0.0 <= point.right["either"] <= 1.0 for point in first)
    assert first == same
    assert first != other


def test_what_was_watched_last_is_what_stays(start: Path) -> None:
    pupil, lessons = begin(start)
    curve = teach(pupil, lessons, {"either": lessons}, steps=3, seed=1)
    again = teach(pupil, lessons, {"either": lessons}, steps=1, seed=1)
    assert not pupil.module.training
    # one warm step from the same weights does not take the loss back to where it began
    assert abs(again[0].loss["either"] - curve[-1].loss["either"]) < abs(
        curve[0].loss["either"] - curve[-1].loss["either"]
    )


def test_divergence_is_an_error(start: Path) -> None:
    pupil, lessons = begin(start)
    with torch.no_grad():
        pupil.network.language.embedding.weight.fill_(torch.nan)
    with pytest.raises(EngineError, match="gradients are not finite"):
        teach(pupil, lessons, {"either": lessons}, steps=1, seed=1)
