"""Texts and files to places in one space, by `nano-space` or a dual encoder such as CLIP."""

import os
from collections.abc import Sequence

import numpy as np

from sensorium.core.errors import UnreadableMedia, UnsupportedMedia, UsageError
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import Document, Media, Modality
from sensorium.models.catalog import EMBEDDERS, Progress
from sensorium.models.placing import Item, Placing
from sensorium.runtime.finding import load_of
from sensorium.runtime.protocol import File, Input, Rows
from sensorium.runtime.zero_shot import choose

_NOUNS = {"text": "texts", "image": "pictures", "audio": "sounds", "video": "films", "document": "documents"}


class Embedder:
    """A model that gives texts and media a place in one space."""

    def __init__(
        self, model: Placing, *, name: str, dimensions: int | None = None, limits: Limits | None = None
    ) -> None:
        """Of a model; places are cut to `dimensions` numbers. Raises: UsageError for a width it was not trained for."""
        self.name = name
        self._model = model
        self._width = model.width if dimensions is None else dimensions
        self._limits = limits or Limits()
        self._check(self._width)

    def __repr__(self) -> str:
        return f"Embedder({self.name!r})"

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self._width

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Widths that places may be cut to, the whole one first."""
        return self._model.dimensions

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What the model takes; a text file counts as text."""
        return self._model.modalities

    def sharpness(self, modality: Modality) -> float:
        """What cosines of texts and a medium are multiplied with, so that their softmax tells chances."""
        return self._model.sharpness(modality)

    def embed(self, *files: Input) -> Rows:
        """Places of files, each of unit length, so that products are cosines.

        Args:
            files: pictures, sounds, films or text files, as far as the model takes them (`modalities`): paths, bytes,
                data URIs or decoded ones.

        Returns: [width] for one file, [N, width] for several.

        Raises: InputError for a file that cannot be taken.
        """
        made = self.embed_media([file if isinstance(file, Media) else self._load(file) for file in files])
        return made[0] if len(files) == 1 else made

    def embed_media(self, media: Sequence[Media]) -> Rows:
        """Places of decoded media; those of a kind are encoded together. Returns: [N, width]. Raises: InputError."""
        return self._embed([self._taken(medium) for medium in media])

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """Places of texts. Returns: [N, width]. Raises: LimitExceeded for a text that is too long."""
        return self._embed(list(texts))

    def classify(
        self, file: Input, names: Sequence[str], *, templates: Sequence[str] | None = None
    ) -> dict[str, float]:
        """The chance of each name for a medium, without training (zero-shot); chances add up to 1.

        Args:
            file: as of `embed`, of any modality but text.
            names: of what it may show or sound like.
            templates: texts in which the name stands for "{}", whose places are averaged; None for those of
                runtime/zero_shot.py.

        Raises: as `embed`; UsageError for no names or a template without one place for them.
        """
        medium = file if isinstance(file, Media) else self._load(file)
        place = self.embed_media([medium])[0]
        sharpness = self._model.sharpness(medium.modality)
        chances = choose(place, names, self.embed_texts, medium.modality, sharpness=sharpness, templates=templates)
        return dict(zip(names, chances.tolist(), strict=True))

    def cut(self, places: Rows, width: int) -> Rows:
        """The first `width` numbers of whole places, of unit length again. Raises: UsageError for another width."""
        self._check(width)
        if width == places.shape[1]:
            return places
        cut = places[:, :width]
        lengths: Rows = np.linalg.norm(cut, axis=1, keepdims=True)
        return np.asarray(cut / lengths, np.float32)

    def _check(self, width: int) -> None:
        if width not in self.dimensions:
            known = ", ".join(map(str, self.dimensions))
            raise UsageError(
                f"dimensions: got {width}; the places of {self.name} have {known} numbers. Give one of these, or none."
            )

    def _embed(self, items: Sequence[Item]) -> Rows:
        made = self._model.embed(items) if items else np.zeros((0, self._model.width), np.float32)
        return self.cut(made, self._width)

    def _taken(self, medium: Media) -> Item:
        """What the model is given for a medium. Raises: UnsupportedMedia for a modality that it does not take."""
        item = medium.text if isinstance(medium, Document) else medium
        modality = "text" if isinstance(medium, Document) else medium.modality
        if modality in self.modalities:
            return item
        *most, last = (_NOUNS[each] for each in reversed(self.modalities))
        taken = f"{', '.join(most)} and {last}" if most else last
        raise UnsupportedMedia(
            f"{medium.source}: this model embeds {taken}, not {medium.modality}. Give one of these, one frame of a "
            "film for example, or choose another model (sensorium models)."
        )

    def _load(self, file: File) -> Media:
        try:
            return load_media(file, limits=self._limits)
        except UnreadableMedia as error:
            if isinstance(file, str) and not os.path.lexists(file):
                raise UnreadableMedia(f"{error} Words are for embed_texts.") from error
            raise


def load_embedder(
    name: str | os.PathLike[str], *, dimensions: int | None = None, progress: Progress | None = None
) -> Embedder:
    """Load a model that embeds.

    Args:
        name: a name in the catalogue of what comes with the package, the path of a model folder, or "org/name" of the
            Hub.
        dimensions: numbers that embeddings are cut to, for a model that was trained for it; None for all.
        progress: told while a model is fetched.

    Raises: UsageError for an unknown name, or dimensions that the model does not have; CheckpointError for a folder
    that is no such model; ModelError when it cannot be fetched or does not fit into memory.
    """
    model, name, _ = load_of(EMBEDDERS, name, progress)
    return Embedder(model, name=name, dimensions=dimensions)
