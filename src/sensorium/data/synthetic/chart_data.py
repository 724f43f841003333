"""What a chart shows: its kind, labels and values, drawn at random so that they can be read off the picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sensorium.data.synthetic.draws import one_of, some_of, weighted, whole
from sensorium.data.synthetic.fonts import font, held_out_faces, train_faces
from sensorium.data.synthetic.words import TRAIN_WORDS

ChartKind = Literal["bar", "row", "line", "pie"]
"""Upright bars, bars that lie, a line with points, a pie."""

_KINDS: tuple[tuple[float, ChartKind], ...] = ((0.42, "bar"), (0.16, "row"), (0.24, "line"), (0.18, "pie"))
_SIZES = ((160, 160), (160, 144), (144, 144), (176, 144), (144, 176), (192, 128), (200, 128), (176, 128), (160, 128))

_SCALES = (
    (5, 1), (6, 1), (8, 2), (10, 2), (12, 3), (16, 4), (20, 4), (20, 5), (25, 5), (30, 10), (40, 10), (50, 10),
    (60, 20), (80, 20), (100, 20), (100, 25), (120, 30), (150, 50), (200, 50), (250, 50), (300, 100), (400, 100),
    (500, 100), (600, 200), (800, 200), (1000, 200),
)  # fmt: skip
"""Axes: where they end, and the step between two ticks."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LETTERS = tuple("ABCDEFGH")

_ORDERED = (_MONTHS, _DAYS, _LETTERS, tuple(str(year) for year in range(1990, 2030)), ("Q1", "Q2", "Q3", "Q4"))
_HELD_OUT_ORDERED = (
    ("W1", "W2", "W3", "W4", "W5", "W6"),
    tuple("TUVWXYZ"),
    tuple(f"{hour}h" for hour in range(6, 20)),
)

_FAMILIES = (
    ("Apple", "Pear", "Plum", "Fig", "Kiwi", "Lemon", "Grape", "Peach", "Mango"),
    ("Dog", "Cat", "Cow", "Pig", "Hen", "Fox", "Horse", "Sheep", "Duck"),
    ("Tea", "Milk", "Juice", "Cola", "Water", "Coffee", "Soda"),
    ("Bus", "Car", "Bike", "Train", "Walk", "Taxi", "Plane", "Boat"),
    ("Anna", "Ben", "Leo", "Mia", "Tom", "Eva", "Max", "Zoe", "Paul"),
    ("Math", "Art", "Music", "Sport", "History", "French", "Chem"),
    ("Italy", "Spain", "China", "India", "Japan", "Peru", "Chile", "Egypt", "Kenya"),
    ("North", "South", "East", "West"),
    ("Food", "Rent", "Cloth", "Fun", "Phone", "Books", "Gas", "Other"),
    ("S", "M", "L", "XL"),
    ("Low", "Mid", "High"),
    ("Yes", "No", "Maybe"),
)
_HELD_OUT_FAMILIES = (
    ("Rose", "Lily", "Tulip", "Iris", "Daisy", "Fern", "Moss"),
    ("Oslo", "Rome", "Lima", "Bern", "Riga", "Paris", "Cairo"),
    ("Iron", "Gold", "Zinc", "Tin", "Lead", "Steel"),
    ("Soup", "Salad", "Pizza", "Rice", "Pasta", "Cake"),
    ("Oak", "Ash", "Elm", "Pine", "Birch", "Maple"),
)
_TITLES = (
    "Sales", "Visitors", "Score", "Points", "Rainfall", "Cost", "Votes", "Orders", "Users", "Price", "Profit", "Weight",
    "Growth", "Results", "Output", "Budget", "Units sold", "Test scores", "Energy use", "Survey", "Hours", "Income",
    "Traffic", "Stock", "Calls per day", "Goals", "Speed", "Travel", "Downloads", "Answers",
)  # fmt: skip
_HELD_OUT_TITLES = ("Exports", "Harvest", "Members", "Water level", "Tickets", "Repairs", "Pages read", "Wind")

_ANY_WORDS = 0.6
"""Share of unordered labels and of titles in training that are any words: who has seen few learns them by heart."""

_UNSEEN = {word.lower() for words in (*_HELD_OUT_FAMILIES, _HELD_OUT_TITLES) for word in " ".join(words).split()}
_WORDS = tuple(word for word in TRAIN_WORDS if 2 <= len(word) <= 8 and word.isalpha() and word not in _UNSEEN)

SLICE_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "gray")
PLAIN_COLOURS = ("blue", "blue", "blue", "green", "red", "orange", "purple", "gray", "black", "brown", "pink")


@dataclass(frozen=True)
class Page:
    """The sheet that a chart is drawn on: its size, and the face and height of its letters, all in pixels."""

    width: int
    height: int
    face: str
    letters: int


@dataclass(frozen=True)
class Chart:
    """One series of values by label. `title` may be "". `printed`: the values stand in the picture as numbers.

    `top` is where the axis ends and `tick` its step. `colours` are names, one per value. A pie's values are percent.
    `absent` are labels of the same sort that are not in the chart.
    """

    kind: ChartKind
    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    colours: tuple[str, ...]
    top: float
    tick: float
    printed: bool
    absent: tuple[str, ...]


def draw_size(rng: np.random.Generator) -> tuple[int, int]:
    """Draw the width and height of a sheet."""
    return one_of(rng, _SIZES)


def draw_page(rng: np.random.Generator, size: tuple[int, int], *, held_out: bool) -> Page:
    """Draw the letters of a sheet of that size; `held_out` chooses faces that training never uses."""
    return Page(*size, one_of(rng, held_out_faces() if held_out else train_faces()), whole(rng, 10, 12))


def draw_chart(rng: np.random.Generator, page: Page, *, held_out: bool) -> Chart:
    """Draw a chart whose labels fit on `page`; `held_out` chooses labels and titles that training never uses."""
    kind = weighted(rng, _KINDS)
    count = whole(rng, 3, 5 if kind == "pie" else 6)
    labels, absent = _labels(rng, page, kind, count, held_out=held_out)
    printed = rng.random() < (0.7 if kind == "pie" else 0.4)
    title = _title(rng, held_out=held_out) if rng.random() < 0.6 else ""
    if kind == "pie":
        values, top, tick = _shares(rng, len(labels), fine=printed), 100, 25
    else:
        top, tick = one_of(rng, _SCALES)
        values = _values(rng, len(labels), top, tick, fine=printed, steady=kind == "line" and rng.random() < 0.5)
    if kind == "pie" or (kind != "line" and rng.random() < 0.4):
        colours = tuple(some_of(rng, SLICE_COLOURS, len(labels)))
    else:
        colours = (one_of(rng, PLAIN_COLOURS),) * len(labels)
    return Chart(kind, title, labels, values, colours, top, tick, printed, absent)


def _title(rng: np.random.Generator, *, held_out: bool) -> str:
    if held_out:
        return one_of(rng, _HELD_OUT_TITLES)
    if rng.random() < _ANY_WORDS:
        return " ".join(some_of(rng, _WORDS, whole(rng, 1, 2))).capitalize()
    return one_of(rng, _TITLES)


def _family(rng: np.random.Generator, *, in_order: bool, held_out: bool) -> Sequence[str]:
    """Labels of one sort."""
    if held_out:
        return one_of(rng, _HELD_OUT_ORDERED if in_order else _HELD_OUT_FAMILIES)
    if not in_order and rng.random() < _ANY_WORDS:
        return [word.capitalize() for word in some_of(rng, _WORDS, 9)]
    return one_of(rng, _ORDERED if in_order else _FAMILIES)


def room_for_label(page: Page, kind: ChartKind, count: int) -> float:
    """Return how many pixels wide one of `count` labels may be."""
    return {"bar": (page.width - 34) / count - 3, "line": (page.width - 34) / count - 3, "row": 44, "pie": 44}[kind]


def _labels(
    rng: np.random.Generator, page: Page, kind: ChartKind, count: int, *, held_out: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return up to `count` labels that fit, and some of the same sort that are left out."""
    in_order = kind == "line" or rng.random() < 0.4
    room = room_for_label(page, kind, count)
    letters = font(page.face, page.letters)
    family: Sequence[str] = ()
    fitting: list[str] = []
    tries = 0
    while len(fitting) < 3:
        in_order = in_order or tries > 8  # letters fit where no word does
        family = _family(rng, in_order=in_order, held_out=held_out)
        fitting = [label for label in family if letters.getlength(label) <= room]
        tries += 1
    chosen = _run(rng, fitting, count) if in_order else some_of(rng, fitting, count)
    return tuple(chosen), tuple(label for label in family if label not in chosen)


def _run(rng: np.random.Generator, labels: Sequence[str], count: int) -> Sequence[str]:
    start = whole(rng, 0, max(0, len(labels) - count))
    return labels[start : start + count]


def _values(
    rng: np.random.Generator, count: int, top: float, tick: float, *, fine: bool, steady: bool
) -> tuple[float, ...]:
    """Return values that lie on a raster the eye can tell apart, or on a `fine` one where the numbers are printed.

    A `steady` series only rises or only falls. One value is the highest and one the lowest.
    """
    rasters = [step for step in (tick, tick / 2, tick / 4) if top / 20 <= step <= top / 8 and step * 2 == int(step * 2)]
    step = (0.1 if top <= 10 else max(1, round(top / 100))) if fine else one_of(rng, rasters)
    lowest, highest = round(0.15 * top / step + 0.499), int(top * 0.98 / step) if fine else int(top / step)
    if steady and highest - lowest >= count:
        steps = sorted(some_of(rng, range(lowest, highest + 1), count), reverse=rng.random() < 0.5)
        return tuple(round(step * number, 1) for number in steps)
    while True:
        steps = [whole(rng, lowest, highest) for _ in range(count)]
        if steps.count(max(steps)) == 1 == steps.count(min(steps)):
            return tuple(round(step * number, 1) for number in steps)


def _shares(rng: np.random.Generator, count: int, *, fine: bool) -> tuple[float, ...]:
    """Return percentages of at least 8 that add up to 100; the highest and the lowest stand out."""
    step = 1 if fine else 5
    while True:
        cuts = np.sort(rng.integers(1, 100 // step, size=count - 1)) * step
        shares = np.diff(np.concatenate([[0], cuts, [100]]))
        ranked = np.sort(shares)
        if ranked[0] >= 8 and ranked[1] - ranked[0] >= 2 and ranked[-1] - ranked[-2] >= 4:
            return tuple(float(share) for share in shares)
