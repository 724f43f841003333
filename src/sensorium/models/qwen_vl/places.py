"""Places and moments that answers name: found in the text, and in the user's own pixels and seconds.

    [{"bbox_2d": [96, 310, 402, 588], "label": "a dog"}]     Qwen2.5: pixels of the picture as the model saw it
    [{"point_2d": [512, 77]}]                                Qwen3: thousandths of its width and height
    a dog<|box_start|>(127,250),(401,900)<|box_end|>         Qwen2: thousandths; the marks may have been left out
    [{"start_time": "00:12.50", "end_time": "00:15.00", "description": "a goal"}]

Pure functions. What is not such a form, or is cut off in the middle, is left out; nothing is guessed.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sensorium.inputs.batching import Item

Unit = Literal["pixels", "thousandths"]
"""What numbers in an answer are: of the resized picture (Qwen2.5), or of each side (Qwen2, Qwen3)."""

UNITS: dict[str, Unit] = {"qwen2_vl": "thousandths", "qwen2_5_vl": "pixels", "qwen3_vl": "thousandths"}
"""By model type."""


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
    """A stretch of a film in seconds; `end` is `start` where only one time is named."""

    start: float
    end: float
    label: str = ""


@dataclass(frozen=True)
class View:
    """A picture: (height, width) of the user's, and as the model saw it."""

    size: tuple[int, int]
    seen: tuple[int, int]

    @classmethod
    def of(cls, item: Item) -> "View":
        """Of a picture or film as `inputs.Preparer` made it."""
        height, width = item.features.shape[-2:]
        return cls(item.size or (height, width), (height, width))


Place = Box | Point

_PAIR = re.compile(
    r"(?:<\|object_ref_start\|>(?P<label>[^<]*)<\|object_ref_end\|>)?(?:<\|box_start\|>)?"
    r"\((?P<left>\d{1,6}),\s*(?P<top>\d{1,6})\),\s*\((?P<right>\d{1,6}),\s*(?P<bottom>\d{1,6})\)(?:<\|box_end\|>)?"
)
_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:\.\d{1,6})?)(?: ?s(?:ec(?:ond)?s?)?)?")
_LABELS = ("label", "description", "event", "text", "sub_label")


def find_places(text: str, view: View, *, unit: Unit) -> list[Place]:
    """Boxes and points in an answer, in their order, within the user's picture."""
    found: list[tuple[int, Place]] = []
    for at, table in _tables(text):
        label = _label(table)
        if (box := _numbers(table.get("bbox_2d"), 4)) is not None:
            found.append((at, _box(box, label, view, unit)))
        if (point := _numbers(table.get("point_2d"), 2)) is not None:
            x, y = _to_picture(point, view, unit)
            found.append((at, Point(x, y, label)))
    for pair in _PAIR.finditer(text):
        numbers = [float(pair[side]) for side in ("left", "top", "right", "bottom")]
        found.append((pair.start(), _box(numbers, (pair["label"] or "").strip(), view, unit)))
    return [place for _, place in sorted(found, key=lambda each: each[0])]


def find_moments(text: str, clock: "Clock") -> list[Moment]:
    """Stretches of time in the tables of an answer, in seconds of the user's film."""
    found = []
    for _, table in _tables(text):
        start = _first(table, "start_time", "start", "timestamp", "time")
        end = _first(table, "end_time", "end")
        if start is not None:
            begin, finish = clock.to_film(start), clock.to_film(start if end is None else end)
            found.append(Moment(min(begin, finish), max(begin, finish), _label(table)))
    return found


def seconds_of(value: object) -> float | None:
    """Seconds that a number, "12.5 s", "mm:ss.ff" or "h:mm:ss" means; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


@dataclass(frozen=True)
class Clock:
    """From the model's time to the film's.

    times: [frames] at which the frames that the model saw are shown, ascending.
    even: the model takes them for evenly spread (Qwen2.5); otherwise their own times are written for it (Qwen3).
    seconds: length of the film.
    """

    times: Sequence[float]
    even: bool
    seconds: float

    def to_film(self, seconds: float) -> float:
        """A moment as the model names it, in the film, within its length."""
        if self.even and len(self.times) > 1:
            step = (self.times[-1] - self.times[0]) / (len(self.times) - 1)
            thought = np.arange(len(self.times)) * step
            after = max(0.0, seconds - float(thought[-1]))
            seconds = float(np.interp(seconds, thought, self.times)) + after
        return min(max(seconds, 0.0), self.seconds)


def _tables(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """JSON objects in a text, with the place where the outermost begins; of an object that is cut off, those inside."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield from ((at, table) for table in _within(value))
        at = text.find("{", end)


def _within(value: object) -> Iterator[dict[str, Any]]:
    """All tables in a JSON value, itself first."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
        if isinstance(each, dict | list):
            waiting.extend(reversed(list(each.values()) if isinstance(each, dict) else each))


def _numbers(value: object, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    if not all(isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each) for each in value):
        return None
    return [float(each) for each in value]


def _label(table: dict[str, Any]) -> str:
    return next((table[key] for key in _LABELS if isinstance(table.get(key), str)), "")


def _first(table: dict[str, Any], *keys: str) -> float | None:
    return next((found for key in keys if (found := seconds_of(table.get(key))) is not None), None)


def _box(numbers: Sequence[float], label: str, view: View, unit: Unit) -> Box:
    (left, top), (right, bottom) = (_to_picture(numbers[at : at + 2], view, unit) for at in (0, 2))
    return Box(min(left, right), min(top, bottom), max(left, right), max(top, bottom), label)


def _to_picture(point: Sequence[float], view: View, unit: Unit) -> tuple[float, float]:
    """(x, y) in the user's pixels, moved to the edge where it lies outside."""
    height, width = view.size
    down, across = (1000, 1000) if unit == "thousandths" else view.seen
    x, y = point[0] / across * width, point[1] / down * height
    return min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))
