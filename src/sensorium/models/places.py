"""Places in answers back into the user's pixels: within the picture, corners in order.

Families give shares of its sides, 0 at the left and at the top, 1 at the right and at the bottom.
"""

from collections.abc import Sequence

from sensorium.chat.places import Box, Point


def box_at(shares: Sequence[float], size: tuple[int, int], label: str = "") -> Box:
    """The rectangle between two corners: x, y, x, y in shares. `size`: (height, width) of the user's picture."""
    first, second = point_at(shares[:2], size), point_at(shares[2:], size)
    left, right = sorted((first.x, second.x))
    top, bottom = sorted((first.y, second.y))
    return Box(left, top, right, bottom, label)


def point_at(shares: Sequence[float], size: tuple[int, int], label: str = "") -> Point:
    """The point x, y in shares; one outside is moved to the edge. `size`: (height, width) of the user's picture."""
    (x, y), (height, width) = shares, size
    return Point(min(max(x, 0.0), 1.0) * width, min(max(y, 0.0), 1.0) * height, label)
