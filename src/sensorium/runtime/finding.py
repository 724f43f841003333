"""What every loader of a kind of model does first: the name, the folder, whether it fits; then its family reads it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sensorium.core.catalogue import Catalogue
from sensorium.models.catalog import Progress, find
from sensorium.models.mistaken import BUNDLED_SOURCE
from sensorium.runtime.memory import check_fit
from sensorium.runtime.protocol import model_name

M = TypeVar("M")


def load_of(
    catalogue: Catalogue[Callable[[Path], M]], name: str | os.PathLike[str], progress: Progress | None
) -> tuple[M, str, Path]:
    """Load a model of one of a catalogue's families.

    Args:
        catalogue: its families; the first has the smaller model that is advised where one does not fit.
        name: the path of a model folder, or "org/name" of the Hub.
        progress: told while a model is fetched.

    Returns: the model, its name as text, and its folder.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is no such model, ModelError when it
    cannot be fetched or does not fit into memory.
    """
    name = model_name(name)
    family, folder = find(name, progress=progress, catalogue=catalogue)
    first = catalogue.entries[0]
    check_fit(folder, smaller=first.name if first.source == BUNDLED_SOURCE else first.source)
    return catalogue.resolve(family)(folder), name, folder
