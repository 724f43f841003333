"""`load(name)`: from a name or a folder to a model that answers."""

from sensorium.models.catalog import DEFAULT, find
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import read_parts


def load(name: str = DEFAULT) -> LocalModel:
    """Load a model.

    Args:
        name: of the catalogue (`sensorium models`), or the path of a model folder; the bundled one without it.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is incomplete or damaged.
    """
    family, folder = find(name)
    return LocalModel(read_parts(family, folder, name=name))
