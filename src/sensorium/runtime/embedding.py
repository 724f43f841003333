"""Texts and files to places in one space, by a dual encoder such as CLIP."""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import Image, Media
from sensorium.models.catalog import EMBEDDERS, Progress
from sensorium.models.dual.model import DualModel
from sensorium.runtime.finding import load_of
from sensorium.runtime.protocol import File, Input


class Embedder:
    """A model that gives texts and pictures a place in one space."""

    def __init__(self, model: DualModel, *, name: str, limits: Limits | None = None) -> None:
        self.name = name
        self._model = model
        self._limits = limits or Limits()

    def __repr__(self) -> str:
        return f"Embedder({self.name!r})"

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self._model.width

    def embed(self, *files: Input) -> NDArray[np.float32]:
        """Places of files, each of unit length, so that products are cosines.

        Args:
            files: pictures: paths, bytes, data URIs or decoded ones.

        Returns: [width] for one file, [N, width] for several.

        Raises: InputError for a file that cannot be taken.
        """
        made = self._model.embed([self._picture(each) for each in files])
        return made[0] if len(files) == 1 else made

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Places of texts. Returns: [N, width]. Raises: LimitExceeded for a text that is too long."""
        return self._model.embed(list(texts))

    def classify(self, file: Input, names: Sequence[str]) -> dict[str, float]:
        """The chance of each name for a picture, without training (zero-shot). Raises: as `embed`."""
        chances = self._model.classify(self._picture(file), names)
        return dict(zip(names, chances.tolist(), strict=True))

    def _picture(self, file: Input) -> Image:
        medium = file if isinstance(file, Media) else self._load(file)
        if not isinstance(medium, Image):
            raise UnsupportedMedia(
                f"{medium.source}: this model embeds pictures and texts, not {medium.modality}. Give a picture, or one "
                "frame of a film."
            )
        return medium

    def _load(self, file: File) -> Media:
        try:
            return load_media(file, limits=self._limits)
        except UnreadableMedia as error:
            if isinstance(file, str) and not os.path.lexists(file):
                raise UnreadableMedia(f"{error} Words are for embed_texts.") from error
            raise


def load_embedder(name: str | os.PathLike[str], *, progress: Progress | None = None) -> Embedder:
    """Load a dual encoder.

    Args:
        name: the path of a model folder, or "org/name" of the Hub.
        progress: told while a model is fetched.

    Raises: UsageError for an unknown name, CheckpointError for a folder that is no such model, ModelError when it
    cannot be fetched or does not fit into memory.
    """
    model, name, _ = load_of(EMBEDDERS, name, progress)
    return Embedder(model, name=name)
