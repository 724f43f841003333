"""Small grey pictures: reading, enlarging, turning black and white round."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers.grey import coloured, enlarge, invert, load_idx_set


def test_pictures_and_labels_must_agree(tmp_path: Path, sets: Path) -> None:
    images = sets / "mnist" / "train-images-idx3-ubyte.gz"
    (tmp_path / images.name).write_bytes(images.read_bytes())
    labels = gzip.compress(struct.pack(">BBBBI", 0, 0, 8, 1, 3) + b"\x00\x01\x02")
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(labels)
    with pytest.raises(UnreadableMedia, match=r"pictures \(40, 28, 28\) and labels \(3,\); expected"):
        load_idx_set(tmp_path, 10, 0.5)


def test_enlarging_keeps_the_shape_and_the_bound() -> None:
    rng = np.random.default_rng(0)
    pixels = coloured(np.full((28, 14), 90, np.uint8))
    sizes = {enlarge(pixels, rng, share=1.0, most=60).shape[:2] for _ in range(200)}
    assert max(sizes) == (60, 30)
    assert all(abs(height - 2 * width) <= 1 for height, width in sizes)
    assert enlarge(pixels, rng, share=0.0) is pixels


def test_inverting_is_exact_and_by_chance() -> None:
    rng = np.random.default_rng(0)
    pixels = np.full((2, 2, 3), 30, np.uint8)
    assert invert(pixels, rng, 1.0).max() == 225
    assert invert(pixels, rng, 0.0) is pixels
