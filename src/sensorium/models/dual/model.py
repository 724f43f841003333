"""What users get of a CLIP or SigLIP: texts and pictures to numbers in one space, and names to chances."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sensorium.core.errors import UsageError
from sensorium.inputs.pictures import PictureSpec, prepare
from sensorium.media.types import Image, Modality
from sensorium.models.dual.network import DualEncoder, missing_tower
from sensorium.models.dual.texts import Texts
from sensorium.models.placing import Item

T = TypeVar("T")

TEMPLATE = "This is a photo of {}."
"""What is said about a picture for each name, as in the reference's zero-shot pipeline."""


class DualModel:
    """A dual encoder with the preparation of what goes into it."""

    def __init__(
        self, network: DualEncoder, *, pictures: PictureSpec | None, texts: Texts | None, name: str, batch: int = 16
    ) -> None:
        """Join ready parts; `batch` items are encoded at a time."""
        self.network = network.eval()
        self.name = name
        self._pictures = pictures
        self._texts = texts
        self._batch = batch

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self.network.width

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What the checkpoint has a tower for."""
        towers: tuple[tuple[Modality, object], ...] = (("text", self._texts), ("image", self._pictures))
        return tuple(modality for modality, tower in towers if tower is not None)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """The whole width: these models were not trained to be cut."""
        return (self.width,)

    def sharpness(self, modality: Modality) -> float:
        """What the model was trained to multiply cosines with. Raises: UsageError when one of the towers is missing."""
        if self.network.logit_scale is None:
            raise missing_tower("scores", "text" if self._texts is None else "vision")
        return float(self.network.logit_scale.detach().exp())

    def embed(self, items: Item | Sequence[Item]) -> NDArray[np.float32]:
        """Places in the space, each of unit length, so that products are cosines.

        Args:
            items: a text or a picture, or any number of both in any order.

        Returns: [width] for one item, [N, width] for a list.

        Raises: InputError for an item that cannot be taken (a text too long, a picture too narrow), UsageError for
        something else, or for what this checkpoint has no tower for.
        """
        if isinstance(items, Sequence) and not isinstance(items, str):
            return self._embed(list(items))
        return self._embed([items])[0]

    def scores(self, images: NDArray[np.float32], texts: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logits that the model was trained with. Shapes: [N, width] and [B, width] to [N, B].

        Raises: UsageError when the checkpoint has only one of the towers.
        """
        with torch.inference_mode():
            return self.network.scores(self._tensor(images), self._tensor(texts)).cpu().numpy()

    def classify(self, image: Image, names: Sequence[str], *, template: str = TEMPLATE) -> NDArray[np.float32]:
        """The chance of each name for a picture (zero-shot).

        CLIP chooses among the names, so the chances add up to 1; SigLIP judges each name for itself.

        Args:
            image: the picture.
            names: of what may be on it, "a cat", "two dogs".
            template: the text in which each name stands for "{}".

        Returns: [names].

        Raises: UsageError for no names or a template without one place for them; otherwise as `embed`.
        """
        if isinstance(names, str) or not names:
            raise UsageError(f"Got {names!r} as names to choose from; expected a list of at least one. Give a list.")
        if template.count("{}") != 1:
            raise UsageError(f"Got the template {template!r}; expected one '{{}}', where the name goes. Correct it.")
        texts = self._embed([template.replace("{}", name) for name in names])
        with torch.inference_mode():
            scores = self.network.scores(self._tensor(self._embed([image])), self._tensor(texts))
            return self.network.chances(scores)[0].cpu().numpy()

    def _embed(self, items: list[Item]) -> NDArray[np.float32]:
        """Returns: [N, width]."""
        strange = next((item for item in items if not isinstance(item, str | Image)), None)
        if strange is not None:
            raise UsageError(f"Got {type(strange).__name__} to embed; expected texts and images. Read files first.")
        made = np.empty((len(items), self.width), np.float32)
        images = [(index, item) for index, item in enumerate(items) if isinstance(item, Image)]
        texts = [(index, item) for index, item in enumerate(items) if isinstance(item, str)]
        with torch.inference_mode():
            for some_images in self._batches(images):
                places, pictures = zip(*some_images, strict=True)
                made[list(places)] = self._embed_images(pictures).cpu().numpy()
            for some_texts in self._batches(texts):
                places, words = zip(*some_texts, strict=True)
                made[list(places)] = self._embed_texts(words).cpu().numpy()
        return made

    def _batches(self, items: list[T]) -> Iterator[list[T]]:
        for start in range(0, len(items), self._batch):
            yield items[start : start + self._batch]

    def _embed_images(self, images: Sequence[Image]) -> Tensor:
        if self._pictures is None:
            raise missing_tower("pictures", "vision")
        pixels = np.stack([prepare(image.pixels, self._pictures, source=image.source) for image in images])
        return self.network.embed_images(self._tensor(pixels))

    def _embed_texts(self, texts: Sequence[str]) -> Tensor:
        if self._texts is None:
            raise missing_tower("texts", "text")
        ids, present = self._texts(texts)
        device = self.network.device
        return self.network.embed_texts(ids.to(device), None if present is None else present.to(device))

    def _tensor(self, values: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(values).to(self.network.device)
