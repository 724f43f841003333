"""`load(name)`: from a name, a folder or an id of the Hub to a model that answers."""

import os

from sensorium.models.catalog import DEFAULT, FAMILIES, Progress, locate, reader
from sensorium.runtime.fallback import load_fallback
from sensorium.runtime.local import LocalModel
from sensorium.runtime.memory import check_fit
from sensorium.runtime.parts import read_parts
from sensorium.runtime.protocol import Model, model_name

SMALLEST = FAMILIES.get("idefics3").source


def load(name: str | os.PathLike[str] = DEFAULT, *, progress: Progress | None = None) -> Model:
    """Load a model. One of a family that we do not have is read by the package `transformers`, if it is installed.

    Args:
        name: of the catalogue (`sensorium models`), the path of a model folder, or "org/name" of the Hub, with
            "@revision" if one is meant; the bundled one without it.
        progress: told while a model is fetched: file, bytes so far, bytes in all.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is incomplete, damaged or of a family that
    nobody reads, MissingPackage for one that `transformers` may read, ModelError when it cannot be fetched or does not
    fit into memory.
    """
    name = model_name(name)
    folder = locate(name, progress=progress)
    family = reader(folder, FAMILIES)
    check_fit(folder, smaller=SMALLEST)
    if family is None:
        return load_fallback(folder, name=name)
    return LocalModel(read_parts(family, folder, name=name))
