"""Places that an answer names in the user's media: rectangles and points of pictures, moments of films."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, right, bottom; in pixels of the user's picture."""

    left: float
    top: float
    right: float
    bottom: float
    label: str = ""


@dataclass(frozen=True)
class Point:
    """A point, in pixels of the user's picture."""

    x: float
    y: float
    label: str = ""


@dataclass(frozen=True)
class Moment:
    """A stretch of the user's film in seconds; `end` is `start` where only one time is named."""

    start: float
    end: float
    label: str = ""


Place = Box | Point | Moment
