"""Shares of a picture's sides to its pixels."""

from sensorium.chat.places import Box, Point
from sensorium.models.places import box_at, point_at

SIZE = (100, 300)  # height, width


def test_shares_become_pixels() -> None:
    assert box_at((0.5, 0.25, 1.0, 0.5), SIZE, "a cat") == Box(150.0, 25.0, 300.0, 50.0, "a cat")
    assert point_at((0.5, 0.25), SIZE) == Point(150.0, 25.0)


def test_corners_are_put_in_order_and_kept_within_the_picture() -> None:
    assert box_at((1.5, 0.5, 0.5, -1.0), SIZE) == Box(150.0, 0.0, 300.0, 50.0)
    assert point_at((-0.1, 1.1), SIZE, "nose") == Point(0.0, 100.0, "nose")
