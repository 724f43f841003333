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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sensorium.chat.places import Box, Moment, Place, Point
from sensorium.inputs.batching import Item
from sensorium.media.types import Media, VideoClip
from sensorium.models.places import box_at, point_at

Unit = Literal["pixels", "thousandths"]
"""What numbers in an answer are: of the resized picture (Qwen2.5), or of each side (Qwen2, Qwen3)."""

UNITS: dict[str, Unit] = {"qwen2_vl": "thousandths", "qwen2_5_vl": "pixels", "qwen3_vl": "thousandths"}
"""By model type."""


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


_PAIR = re.compile(
    r"(?:<\|object_ref_start\|>(?P<label>[^<]*)<\|object_ref_end\|>)?(?:<\|box_start\|>)?"
    r"\((?P<left>\d{1,6}),\s*(?P<top>\d{1,6})\),\s*\((?P<right>\d{1,6}),\s*(?P<bottom>\d{1,6})\)(?:<\|box_end\|>)?"
)
_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:\.\d{1,6})?)(?: ?s(?:ec(?:ond)?s?)?)?")
_LABELS = ("label", "description", "event", "text", "sub_label")


def find_places(text: str, view: View, *, unit: Unit) -> list[Box | Point]:
    """Boxes and points in an answer, in their order, within the user's picture."""
    height, width = (1000, 1000) if unit == "thousandths" else view.seen
    sides = (width, height, width, height)
    found: list[tuple[int, Box | Point]] = []
    for at, table in _tables(text):
        label = _label(table)
        if (box := _numbers(table.get("bbox_2d"), 4)) is not None:
            found.append((at, box_at(_shares(box, sides), view.size, label)))
        if (point := _numbers(table.get("point_2d"), 2)) is not None:
            found.append((at, point_at(_shares(point, sides), view.size, label)))
    for pair in _PAIR.finditer(text):
        corners = [float(pair[side]) for side in ("left", "top", "right", "bottom")]
        label = (pair["label"] or "").strip()
        found.append((pair.start(), box_at(_shares(corners, sides), view.size, label)))
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


@dataclass(frozen=True)
class Finder:
    """Satisfies `models.answerer.FindsPlaces`. unit: of numbers in answers; even: as of `Clock`."""

    unit: Unit
    even: bool

    def __call__(self, text: str, medium: Media, item: Item) -> tuple[Place, ...]:
        """Moments of a film first, then boxes and points."""
        moments: list[Moment] = []
        if isinstance(medium, VideoClip) and item.times is not None:
            moments = find_moments(text, Clock(item.times.tolist(), self.even, medium.seconds))
        return (*moments, *find_places(text, View.of(item), unit=self.unit))


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


def _shares(numbers: Iterable[float], sides: Iterable[int]) -> list[float]:
    """Numbers of an answer as shares of the sides that they count."""
    return [number / side for number, side in zip(numbers, sides, strict=False)]
