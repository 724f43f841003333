"""Names of matches, and the recipe that uses them."""

from pathlib import Path

import pytest

from sensorium.core.errors import UsageError
from sensorium.data.matches.catalog import matches, sources
from sensorium.training.recipe import read_recipe

RECIPE = Path(__file__).parents[3] / "recipes" / "nano-space.yaml"


def test_the_recipe_draws_all_kinds_that_there_are() -> None:
    recipe = read_recipe(RECIPE)
    assert recipe.mixture.keys() == sources(Path()).keys()
    assert recipe.stage.kind == "contrastive"


def test_made_matches_need_no_folder() -> None:
    assert matches("tones", Path("nowhere")).validation(0).words


def test_an_unknown_name() -> None:
    with pytest.raises(UsageError, match=r"no matches named 'scene'; there are: clothes, .*Did you mean 'scenes'"):
        matches("scene", Path())
