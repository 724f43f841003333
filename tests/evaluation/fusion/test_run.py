"""A run: what it measures is what its model answers, and the model stays behind."""

from pathlib import Path

import pytest

from sensorium.evaluation.fusion.damage import damaged
from sensorium.evaluation.fusion.result import Comparison
from sensorium.evaluation.fusion.run import LONGEST, Start, _train
from sensorium.evaluation.fusion.samples import asked
from sensorium.evaluation.fusion.settings import BASE, Settings, contenders, suited
from sensorium.evaluation.fusion.task import CHANCE, KINDS
from sensorium.models.composed.config import ComposedConfig
from sensorium.runtime.load import load


def test_the_model_of_a_run_answers_as_it_was_measured(compared: tuple[Path, Comparison]) -> None:
    folder, found = compared
    run = found.of("gated")[0]
    model = load(str(folder / "runs" / "gated-1"))
    tokens, images = [], []
    for kind in KINDS:
        sample, rng = next(asked(kind, "sound", 1))
        sample = damaged(rng, sample, modality="image", damage="blank")
        answer = model.ask(sample.turns[0].question, *sample.media, max_tokens=LONGEST)
        assert run.conditions["image blank"].answers[kind].right == (answer.text == sample.turns[0].answer)
        assert answer.modality_weights is not None
        tokens.append(answer.usage.prompt_tokens)
        images.append(answer.modality_weights["image"])
    weights = run.conditions["image blank"].weights
    assert weights is not None
    assert weights["image"] == pytest.approx(sum(images) / len(images), abs=1e-4)
    assert run.tokens == pytest.approx(sum(tokens) / len(tokens))


@pytest.mark.slow  # half a minute: the shipped model and rates, as long as it takes
def test_beside_a_note_all_kinds_of_questions_are_learnt(tmp_path: Path) -> None:
    model = contenders(suited(BASE, "text"))["early"]
    settings = Settings(steps=400, seeds=1, samples=3000, beside="text")
    last = _train(Start("early", model, 2), settings, tmp_path)[-1]
    assert all(last.right[kind] > CHANCE[kind] + 0.3 for kind in KINDS)


def test_a_run_has_a_name(tiny: ComposedConfig) -> None:
    assert Start("late", contenders(tiny)["late"], 3).name == "late-3"
