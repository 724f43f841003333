"""A plan says what would learn and how much it takes, and leaves nothing behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sensorium.data.mixture import Share
from sensorium.training.plan import make_plan
from sensorium.training.recipe import Recipe
from sensorium.training.stage import Stage


def test_a_plan(recipe: Callable[..., Recipe], tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("question,answer\n" + "What?,that\n" * 40)
    share = Share(batch=3, file=str(tmp_path / "mine.csv"))
    made = recipe(mixture={"mine": share, "one": Share(batch=2)}, stage=Stage("align"))
    plan = make_plan(made)
    assert not Path(made.output).exists()
    shares = {part.name: part.share for part in plan.parts}
    assert shares["readers.image.connector"] == 1.0
    assert shares["language.blocks"] == 0.0
    assert (plan.samples, plan.steps) == (5, 6)
    assert 20 < plan.tokens < 400
    assert 0 < plan.seconds < 60
    assert plan.epochs["mine"].records == 40
    assert 40 * 4 < plan.epochs["mine"].tokens < 40 * 40
    everything = make_plan(replace(made, stage=Stage()))
    assert everything.kept > plan.kept
    assert everything.peak > 10_000_000
