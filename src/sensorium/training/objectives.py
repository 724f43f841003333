"""The objective of each kind of stage."""

from sensorium.core.errors import ConfigError
from sensorium.training.answers import Answers
from sensorium.training.contrast import Contrast
from sensorium.training.distillation import Distillation
from sensorium.training.objective import Objective
from sensorium.training.preference import Preference
from sensorium.training.processes import Processes
from sensorium.training.pupil import Pupil, from_folder
from sensorium.training.recipe import Recipe
from sensorium.training.space_pupil import SpacePupil


def build_objective(recipe: Recipe, pupil: Pupil | SpacePupil, processes: Processes | None = None) -> Objective:
    """What a recipe's stage learns by. Raises: ConfigError for what does not go together; CheckpointError."""
    stage, room = recipe.stage, recipe.optimiser.pack
    if isinstance(pupil, SpacePupil):
        shared = processes if stage.gathered else None
        return Contrast(pupil.space, recipe.optimiser.at_once, stage=stage, processes=shared)
    if stage.kind == "prefer":
        if recipe.start is None:
            raise ConfigError(
                "recipe: preferences are learnt by a model that answers already, but nothing is said to start with. "
                "Give start: FOLDER."
            )
        return Preference(pupil, stage.beta, room=room)
    if stage.kind == "distil" and stage.teacher is not None:
        return Distillation(pupil, from_folder(stage.teacher, None), stage, room=room)
    return Answers(pupil, recipe.naming, room=room)
