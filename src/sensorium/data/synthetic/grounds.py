"""What a scene stands on: plain, shaded or patterned grounds.

Two patterns, stripes and checks, are seen in validation only. Training has others of as many kinds, of tiny and large
marks, faint and plain ones: who has seen enough of them takes no pattern for a shape.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pixels

from sensorium.data.synthetic.draws import between, one_of, weighted, whole
from sensorium.data.synthetic.names import COLOURS, Rgb

TRAIN_GROUNDS = (
    (0.24, "white"), (0.08, "dark"), (0.14, "named"), (0.08, "pastel"), (0.09, "gradient"), (0.05, "clouds"),
    (0.05, "halves"), (0.06, "dots"), (0.06, "patches"), (0.05, "ripples"), (0.05, "rays"), (0.05, "blots"),
)  # fmt: skip
HELD_OUT_GROUNDS = ((0.4, "white"), (0.3, "pastel"), (0.15, "stripes"), (0.15, "checks"))

_MARKS = (4, 16)
"""Width of a mark in pixels, from and to."""

Places = NDArray[np.floating[Any]]
"""Across [1, width] or down [height, 1], in pixels."""

Pattern = Callable[[np.random.Generator, Places, Places], NDArray[np.bool_]]
"""Where the second of two colours is."""


def draw_ground(
    rng: np.random.Generator, width: int, height: int, styles: Sequence[tuple[float, str]]
) -> tuple[str, list[Rgb], Pixels.Image]:
    """Return the ground's colour name ("" if it has none), its colours, and the picture of it."""
    style = weighted(rng, styles)
    size = (width, height)
    if style == "white":
        return "white", [(255, 255, 255)], Pixels.new("RGB", size, (255, 255, 255))
    if style in {"dark", "named"}:
        name = "black" if style == "dark" else one_of(rng, tuple(COLOURS))
        colour = COLOURS[name].draw(rng)
        return name, [colour], Pixels.new("RGB", size, colour)
    first, second = _pastel(rng), _pastel(rng)
    if style == "pastel":
        return "", [first], Pixels.new("RGB", size, first)
    if style in {"stripes", "checks"}:
        second = _darker(first, 22)
    elif style in PATTERNS:
        second = _darker(first, whole(rng, 8, 48)) if rng.random() < 0.7 else second
    elif style == "gradient" and rng.random() < 0.3:
        first, second = ((value // 5, value // 5, value // 4) for value in (first[0], second[1] // 2))
    return "", [first, second], _two_coloured(rng, style, size, (first, second))


def _pastel(rng: np.random.Generator) -> Rgb:
    red, green, blue = (200 + 50 * rng.random(3)).astype(int).tolist()
    return red, green, blue


def _darker(colour: Rgb, by: int) -> Rgb:
    return colour[0] - by, colour[1] - by, colour[2] - by


def _two_coloured(
    rng: np.random.Generator, style: str, size: tuple[int, int], colours: tuple[Rgb, Rgb]
) -> Pixels.Image:
    if style == "gradient":
        return gradient(*size, *colours, vertical=rng.random() < 0.5)
    if style == "clouds":
        return clouds(*size, colours, rng)
    width, height = size
    second = _PATTERNS_AND_REST[style](rng, np.arange(width)[None, :] + 0.5, np.arange(height)[:, None] + 0.5)
    choice = np.broadcast_to(second, (height, width)).astype(np.intp)
    return Pixels.fromarray(np.array(colours, dtype=np.uint8)[choice])


def gradient(width: int, height: int, start: Rgb, end: Rgb, *, vertical: bool) -> Pixels.Image:
    """Return a picture that runs from `start` to `end`, downwards or to the right."""
    length = height if vertical else width
    ramp = np.linspace(start, end, length).astype(np.uint8)
    strip = Pixels.fromarray(ramp[:, None] if vertical else ramp[None, :])
    return strip.resize((width, height))


def clouds(width: int, height: int, colours: tuple[Rgb, Rgb], rng: np.random.Generator) -> Pixels.Image:
    """Return a picture of soft patches between two colours."""
    rows, columns = rng.integers(3, 7, 2)
    shares = rng.random((rows, columns, 1))
    coarse = (1 - shares) * np.array(colours[0]) + shares * np.array(colours[1])
    return Pixels.fromarray(coarse.astype(np.uint8)).resize((width, height), Pixels.Resampling.BICUBIC)


def _halves(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    return np.asarray(y > round(between(rng, 0.3, 0.7) * y.size))


def _stripes(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    return np.asarray(x // whole(rng, *_MARKS) % 2 == 1)


def _checks(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    size = whole(rng, *_MARKS)
    return np.asarray((x // size + y // size) % 2 == 1)


def _dots(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    """In rows, each of which may be half a step off."""
    step = whole(rng, *_MARKS) * 1.5
    shift = step / 2 * (y // step % 2) if rng.random() < 0.5 else 0.0
    return np.hypot((x + shift) % step - step / 2, y % step - step / 2) < between(rng, 0.2, 0.4) * step


def _patches(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    """Each point looks like the nearest of some that are strewn."""
    many = whole(rng, 6, 40)
    centres = rng.random((many, 2)) * (x.size, y.size)
    apart = (x[..., None] - centres[:, 0]) ** 2 + (y[..., None] - centres[:, 1]) ** 2  # [height, width, many]
    return np.asarray(rng.random(many) < 0.5)[apart.argmin(axis=2)]


def _ripples(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    """Rings about a point, often beside the picture."""
    across, down = between(rng, -0.5, 1.5) * x.size, between(rng, -0.5, 1.5) * y.size
    return np.asarray(np.hypot(x - across, y - down) // whole(rng, *_MARKS) % 2 == 1)


def _rays(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    """From a point in the picture."""
    angle = np.arctan2(y - between(rng, 0, 1) * y.size, x - between(rng, 0, 1) * x.size)
    return np.asarray((angle / (2 * np.pi) * 2 * whole(rng, 3, 12)).round() % 2 == 1)


def _blots(rng: np.random.Generator, x: Places, y: Places) -> NDArray[np.bool_]:
    """Smooth noise above its middle."""
    coarse = (rng.random((whole(rng, 4, 16), whole(rng, 4, 16))) * 255).astype(np.uint8)
    return np.asarray(Pixels.fromarray(coarse).resize((x.size, y.size), Pixels.Resampling.BICUBIC)) > 128


PATTERNS = MappingProxyType({"dots": _dots, "patches": _patches, "ripples": _ripples, "rays": _rays, "blots": _blots})
"""Those of training, by name."""

_PATTERNS_AND_REST: dict[str, Pattern] = {**PATTERNS, "halves": _halves, "stripes": _stripes, "checks": _checks}
