"""The objective of each kind of stage."""

from sensorium.core.errors import ConfigError
from sensorium.training.answers import Answers
from sensorium.training.distillation import Distillation
from sensorium.training.objective import Objective
from sensorium.training.preference import Preference
from sensorium.training.pupil import Pupil, from_folder
from sensorium.training.recipe import Recipe


def build_objective(recipe: Recipe, pupil: Pupil) -> Objective:
    """What a recipe's stage learns by. Raises: ConfigError for what does not go together; CheckpointError."""
    stage = recipe.stage
    if stage.kind == "prefer":
        if recipe.start is None:
            raise ConfigError(
                "recipe: preferences are learnt by a model that answers already, but nothing is said to start with. "
                "Give start: FOLDER."
            )
        return Preference(pupil, stage.beta)
    if stage.kind == "distil" and stage.teacher is not None:
        return Distillation(pupil, from_folder(stage.teacher, None), stage)
    return Answers(pupil, recipe.naming)
