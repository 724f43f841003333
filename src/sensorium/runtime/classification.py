"""Films to the names of what is done in them, by a model with classes such as VideoMAE."""

import os

from sensorium.core.errors import CheckpointError
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip, Document, Image, VideoClip
from sensorium.models.catalog import CLASSIFIERS, Progress, find
from sensorium.models.video.classifier import VideoModel
from sensorium.runtime.memory import check_fit
from sensorium.runtime.protocol import Input, model_name


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
        media = Image | AudioClip | VideoClip | Document
        return self._model.classify(film if isinstance(film, media) else load_media(film, limits=self._limits), top)


def load_classifier(name: str | os.PathLike[str], *, progress: Progress | None = None) -> Classifier:
    """Load a model with classes.

    Args:
        name: the path of a model folder, or "org/name" of the Hub.
        progress: told while a model is fetched.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is no such model or has no classes,
    ModelError when it cannot be fetched or does not fit into memory.
    """
    name = model_name(name)
    family, folder = find(name, progress=progress, catalogue=CLASSIFIERS)
    check_fit(folder, smaller=CLASSIFIERS.entries[0].source)
    model = CLASSIFIERS.resolve(family)(folder)
    if not model.labels:
        raise CheckpointError(
            f"{folder}: is an encoder without classes; expected a model that was trained to name films. Give one, for "
            f"example {CLASSIFIERS.entries[0].source}."
        )
    return Classifier(model, name=name)
