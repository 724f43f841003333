"""What a model is that gives texts and media a place in one space, whatever it is made of."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensorium.media.types import Media, Modality

Item = str | Media
"""What may have a place in a space: a text, or a medium."""


class Placing(Protocol):
    """CLIP, SigLIP and `nano-space` are such models."""

    @property
    def width(self) -> int:
        """Numbers of an embedding."""

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What it has an encoder for."""

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Widths that an embedding may be cut to, the whole one first (matryoshka, Kusupati et al. 2022)."""

    def embed(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Places of items of any kinds, each of unit length. Returns: [N, width]. Raises: InputError."""

    def sharpness(self, modality: Modality) -> float:
        """What cosines of texts and a medium are multiplied with, so that their softmax tells chances.

        Raises: UsageError when there is no encoder for one of the two.
        """
