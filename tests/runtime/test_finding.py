"""What every loader of a kind of model does first."""

from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError, UsageError
from sensorium.models.catalog import CLASSIFIERS, EMBEDDERS
from sensorium.models.dual.model import DualModel
from sensorium.runtime.finding import load_of

GOLDEN = Path(__file__).parents[1] / "models" / "clip" / "golden"


def test_a_path_gives_the_model_its_name_as_text_and_its_folder() -> None:
    model, name, folder = load_of(EMBEDDERS, GOLDEN, None)
    assert isinstance(model, DualModel)
    assert (name, folder) == (str(GOLDEN), GOLDEN)


def test_a_model_of_another_catalogue_names_its_command() -> None:
    with pytest.raises(UsageError, match="sensorium embed --model"):
        load_of(CLASSIFIERS, GOLDEN, None)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        load_of(EMBEDDERS, tmp_path, None)
