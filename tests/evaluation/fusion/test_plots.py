"""Drawings have a line for each fusion, and are pictures."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from sensorium.evaluation.fusion.plots import draw_curves, draw_damage
from sensorium.evaluation.fusion.result import Comparison


def test_drawings_are_pictures_in_the_colours_of_four_fusions(compared: tuple[Path, Comparison]) -> None:
    for draw in (draw_curves, draw_damage):
        pixels = np.asarray(Image.open(io.BytesIO(draw(compared[1]))).convert("RGB")).reshape(-1, 3)
        for colour in ("1f77b4", "ff7f0e", "2ca02c", "d62728"):
            assert (pixels == [*bytes.fromhex(colour)]).all(axis=1).any()
