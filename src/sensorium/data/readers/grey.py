"""Small grey pictures as the MNIST family stores them, and how training varies them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers.files import read_idx
from sensorium.data.readers.splits import Split, split_last


@dataclass(frozen=True, eq=False)
class GreySet:
    """Pictures uint8 [N, height, width], their labels [N], and the split."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    split: Split


def load_idx_set(folder: Path, classes: int, share: float) -> GreySet:
    """Read the two IDX files of `folder`; the last `share` of each class is held out. Raises: UnreadableMedia."""
    pictures = read_idx(folder / "train-images-idx3-ubyte.gz")
    labels = read_idx(folder / "train-labels-idx1-ubyte.gz")
    if pictures.ndim != 3 or labels.shape != pictures.shape[:1]:
        raise UnreadableMedia(
            f"{folder}: pictures {pictures.shape} and labels {labels.shape}; expected [N, height, width] and [N]. "
            "Fetch both files again."
        )
    return GreySet(pictures, labels, split_last(labels, classes, share, folder.name))


def coloured(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey [height, width] as RGB [height, width, 3]."""
    return np.repeat(grey[:, :, None], 3, axis=2)


def enlarge(
    pixels: NDArray[np.uint8], rng: np.random.Generator, *, share: float = 0.3, most: int = 96
) -> NDArray[np.uint8]:
    """Enlarge that often, to a random side of up to `most`: users send small pictures in any size."""
    height, width = pixels.shape[:2]
    if rng.random() >= share or max(height, width) >= most:
        return pixels
    scale = rng.integers(max(height, width) + 1, most + 1) / max(height, width)
    filters = (Pillow.Resampling.NEAREST, Pillow.Resampling.BILINEAR, Pillow.Resampling.BICUBIC)
    size = round(width * scale), round(height * scale)
    return np.array(Pillow.fromarray(pixels).resize(size, filters[int(rng.integers(len(filters)))]))


def invert(pixels: NDArray[np.uint8], rng: np.random.Generator, share: float) -> NDArray[np.uint8]:
    """Turn black and white round that often: paper and shop windows are white."""
    return 255 - pixels if rng.random() < share else pixels
