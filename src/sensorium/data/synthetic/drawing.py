"""Coloured shapes, drawn into RGB pictures with Pillow.

A shape is a polygon around (0, 0) that reaches to distance 1. Smooth edges come from a mask drawn four times
too large, one small mask per shape: cheaper than a large canvas.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pixels
from PIL import ImageDraw

from sensorium.data.synthetic.names import Rgb

Polygon = NDArray[np.float64]

_SUPERSAMPLING = 4
_RING_HOLE = 0.55


def _regular(corners: int, start: float = -90.0) -> Polygon:
    angles = np.deg2rad(start + np.arange(corners) * 360 / corners)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _box(width: float, height: float) -> Polygon:
    return np.array([(-width, -height), (width, -height), (width, height), (-width, height)], dtype=np.float64)


def _star() -> Polygon:
    points = _regular(10)
    points[1::2] *= 0.42
    return points


def _cross(arm: float = 0.32) -> Polygon:
    quarter = np.array([(-arm, -0.95), (arm, -0.95), (arm, -arm)])
    turn = np.array([(0, 1), (-1, 0)])
    return np.concatenate([quarter @ np.linalg.matrix_power(turn, times) for times in range(4)])


def _heart() -> Polygon:
    angle = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    across = 16 * np.sin(angle) ** 3
    down = -(13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle))
    return np.stack([across, down - 2.5], axis=1) / 16.5


OUTLINES: dict[str, Polygon] = {
    "circle": _regular(40) * 0.88,
    "square": _box(0.71, 0.71),
    "triangle": _regular(3) + np.array((0.0, 0.12)),
    "star": _star(),
    "heart": _heart(),
    "diamond": _regular(4) * (0.66, 1.0),
    "cross": _cross(),
    "ring": _regular(40) * 0.92,
    "rectangle": _box(0.94, 0.48),
    "oval": _regular(40) * (1.0, 0.58),
    "pentagon": _regular(5) * 0.94,
    "hexagon": _regular(6, start=0.0) * 0.92,
}


def polygon(shape: str, radius: float, degrees: float) -> Polygon:
    """Return the corners [n, 2] of `shape` around (0, 0), reaching to `radius` pixels, turned by `degrees`."""
    angle = math.radians(degrees)
    turn = np.array([(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))])
    corners: Polygon = OUTLINES[shape] @ turn * radius
    return corners


def paint_shape(
    picture: Pixels.Image,
    shape: str,
    centre: tuple[float, float],
    radius: float,
    fill: Rgb,
    *,
    degrees: float = 0.0,
    outline: Rgb | None = None,
    smooth: bool = True,
) -> None:
    """Draw a shape into `picture`; `outline` is the colour of a border a tenth of the radius wide."""
    scale = _SUPERSAMPLING if smooth else 1
    corners = polygon(shape, radius, degrees)
    if outline is not None:
        _paint(picture, corners, centre, outline, scale=scale, hole=_RING_HOLE if shape == "ring" else 0)
        corners = corners * (1 - max(0.12, 1.2 / radius))
    hole = _RING_HOLE if outline is None else _RING_HOLE + 0.12
    _paint(picture, corners, centre, fill, scale=scale, hole=hole if shape == "ring" else 0)


def _paint(
    picture: Pixels.Image, corners: Polygon, centre: tuple[float, float], fill: Rgb, *, scale: int, hole: float
) -> None:
    left, top = (math.floor(value) for value in corners.min(axis=0) + centre)
    right, bottom = (math.ceil(value) + 1 for value in corners.max(axis=0) + centre)
    mask = Pixels.new("L", ((right - left) * scale, (bottom - top) * scale))
    pen = ImageDraw.Draw(mask)
    offset = np.array([centre[0] - left, centre[1] - top])
    pen.polygon(((corners + offset) * scale).ravel().tolist(), fill=255)
    if hole:
        pen.polygon(((corners * hole + offset) * scale).ravel().tolist(), fill=0)
    picture.paste(fill, (left, top), mask.reduce(scale) if scale > 1 else mask)


def grain(pixels: NDArray[np.uint8], strength: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return `pixels` with normal noise of standard deviation `strength` (of 255) on every value."""
    noise = rng.standard_normal(pixels.shape, dtype=np.float32)
    noise *= strength
    noise += pixels
    result: NDArray[np.uint8] = np.clip(noise, 0, 255).astype(np.uint8)
    return result
