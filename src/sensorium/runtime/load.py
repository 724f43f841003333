"""`load(name)`: from a name, a folder or an id of the Hub to a model that answers."""

from sensorium.models.catalog import DEFAULT, FAMILIES, Progress, find
from sensorium.runtime.local import LocalModel
from sensorium.runtime.memory import check_fit
from sensorium.runtime.parts import read_parts

SMALLEST = FAMILIES.get("idefics3").source


def load(name: str = DEFAULT, *, progress: Progress | None = None) -> LocalModel:
    """Load a model.

    Args:
        name: of the catalogue (`sensorium models`), the path of a model folder, or "org/name" of the Hub, with
            "@revision" if one is meant; the bundled one without it.
        progress: told while a model is fetched: file, bytes so far, bytes in all.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is incomplete, damaged or of a family that
    we do not have, ModelError when it cannot be fetched or does not fit into memory.
    """
    family, folder = find(name, progress=progress)
    check_fit(folder, smaller=SMALLEST)
    return LocalModel(read_parts(family, folder, name=name))
