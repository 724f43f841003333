"""The carriers."""

import numpy as np

from sensorium.media.types import AudioClip, on_white


def test_seconds_of_a_clip() -> None:
    assert AudioClip(np.zeros(8000, np.float32)).seconds == 0.5


def test_hidden_colours_do_not_show_on_white() -> None:
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    assert on_white(rgba).tolist() == [[[10, 20, 30], [255, 255, 255], [127, 127, 127]]]
