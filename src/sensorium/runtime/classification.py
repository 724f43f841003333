"""Films to the names of what is done in them, by a model with classes such as VideoMAE."""

import os

from sensorium.core.errors import CheckpointError
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import Media
from sensorium.models.catalog import CLASSIFIERS, Progress
from sensorium.models.video.classifier import VideoModel
from sensorium.runtime.finding import load_of
from sensorium.runtime.protocol import Input


class Classifier:
    """A model that knows films by the classes that it was trained on."""

    def __init__(self, model: VideoModel, *, name: str, limits: Limits | None = None) -> None:
        self.name = name
        self._model = model
        self._limits = limits or Limits()

    def __repr__(self) -> str:
        return f"Classifier({self.name!r})"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all classes."""
        return self._model.labels

    def classify(self, film: Input, top: int = 5) -> list[tuple[str, float]]:
        """The most probable classes of a film and their chances, the best first; chances of all classes add up to 1.

        Raises: InputError for a file that cannot be taken, UsageError for a `top` below 1.
        """
        clip = film if isinstance(film, Media) else load_media(film, limits=self._limits)
        return self._model.classify(clip, top)


def load_classifier(name: str | os.PathLike[str], *, progress: Progress | None = None) -> Classifier:
    """Load a model with classes.

    Args:
        name: the path of a model folder, or "org/name" of the Hub.
        progress: told while a model is fetched.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is no such model or has no classes,
    ModelError when it cannot be fetched or does not fit into memory.
    """
    model, name, folder = load_of(CLASSIFIERS, name, progress)
    if not model.labels:
        raise CheckpointError(
            f"{folder}: is an encoder without classes; expected a model that was trained to name films. Give one, for "
            f"example {CLASSIFIERS.entries[0].source}."
        )
    return Classifier(model, name=name)
