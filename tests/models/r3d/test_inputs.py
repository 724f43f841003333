"""Films for R3D: plain bilinear sampling, a crop that rounds half to even, torchvision's numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import UnreadableMedia
from sensorium.media.types import VideoClip
from sensorium.models.r3d.config import R3dConfig
from sensorium.models.r3d.inputs import prepare, prepare_film, sample_bilinear


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def sampled(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """What torchvision does to a film: PyTorch's own sampling in fp32, without antialiasing, then rounding."""
    values = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    made = F.interpolate(values, size=(height, width), mode="bilinear", align_corners=False, antialias=False)
    return made[0].round().to(torch.uint8).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 300), (64, 85), (127, 172), (128, 171), (240, 320), (411, 97)])
def test_sampling_is_pytorchs(shape: tuple[int, int]) -> None:
    pixels = noise(*shape, 3)
    found, expected = sample_bilinear(pixels, 128, 171), sampled(pixels, 128, 171)
    assert found.dtype == np.uint8
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= 1  # a half may be rounded either way
    assert (difference > 0).mean() < 1e-3


def test_a_film_is_sampled_cropped_and_normalised() -> None:
    frames = noise(3, 60, 90, 3)
    made = prepare_film(VideoClip(frames, np.array([0.0, 1.0, 2.0]), 3.0), R3dConfig(num_frames=5))
    assert made.shape == (5, 3, 112, 112)
    assert made.dtype == np.float32
    for values, index in zip(made, [0, 0, 1, 1, 2], strict=True):
        inside = sample_bilinear(frames[index], 128, 171)[8:120, 30:142] / 255  # 29.5 is rounded to 30
        expected = (inside - (0.43216, 0.394666, 0.37645)) / (0.22803, 0.22145, 0.216989)
        np.testing.assert_allclose(values.transpose(1, 2, 0), expected, atol=1e-5)


def test_no_other_file_is_needed(tmp_path: Path) -> None:
    made = prepare(tmp_path, R3dConfig(num_frames=2, resize=(20, 30), crop=(8, 8)))
    assert made(VideoClip(noise(1, 9, 9, 3), np.array([0.0]), 1.0)).shape == (2, 3, 8, 8)


def test_frames_that_are_none_are_refused() -> None:
    clip = VideoClip(np.zeros((1, 0, 9, 3), np.uint8), np.array([0.0]), 1.0, source="film.mp4")
    with pytest.raises(UnreadableMedia, match=r"film\.mp4: got pixels uint8 \[0, 9, 3\]"):
        prepare_film(clip, R3dConfig())
