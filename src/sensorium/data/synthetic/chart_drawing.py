"""Charts drawn with Pillow: a millisecond each, letters at their true size so that they stay sharp."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pixels
from PIL import ImageDraw, ImageFont

from sensorium.data.sample import Region
from sensorium.data.synthetic.chart_data import Chart, Page
from sensorium.data.synthetic.draws import between, one_of, whole
from sensorium.data.synthetic.fonts import font
from sensorium.data.synthetic.names import COLOURS, Rgb

Place = tuple[float, float]
"""Pixels across and down."""

_SUPERSAMPLING = 3
LEAST_RADIUS = 36
"""Pixels: a smaller pie has no room for numbers inside."""


@dataclass(frozen=True)
class Look:
    """How one chart is drawn: colours, lines, width of bars as a share of their room.

    `legend`: a pie's labels stand beside it, not around it; `start` is where it begins, in degrees.
    """

    paper: Rgb
    ink: Rgb
    fills: tuple[Rgb, ...]
    grid: bool
    framed: bool
    edged: bool
    smooth: bool
    bar: float
    legend: bool
    start: float


class Sheet:
    """A picture in the making, which remembers where each letter was written.

    letters: a region for each character but spaces, as shares of width and height.
    """

    def __init__(self, page: Page, paper: Rgb) -> None:
        self.picture = Pixels.new("RGB", (page.width, page.height), paper)
        self.pen = ImageDraw.Draw(self.picture)
        self.letters: list[Region] = []
        self._face = font(page.face, page.letters)

    def write(
        self,
        place: Place,
        text: str,
        ink: Rgb,
        anchor: str,
        *,
        halo: Rgb | None = None,
        face: ImageFont.FreeTypeFont | None = None,
    ) -> None:
        """Write in letters of the page, or of another `face`, with a line of the colour `halo` around each."""
        used, width = face or self._face, 0 if halo is None else 1
        self.pen.text(place, text, ink, used, anchor, stroke_width=width, stroke_fill=halo)
        left, top, _, bottom = self.pen.textbbox(place, text, font=used, anchor=anchor)
        ends = [(left + used.getlength(text[:count])) / self.picture.width for count in range(len(text) + 1)]
        high, low = top / self.picture.height, bottom / self.picture.height
        self.letters += [
            Region((character,), (start, high, end, low))
            for character, start, end in zip(text, ends[:-1], ends[1:], strict=True)
            if character != " "
        ]


@dataclass(frozen=True)
class Box:
    """The inside of the axes, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def pie_place(page: Page, chart: Chart) -> tuple[tuple[float, float], float]:
    """Return the centre and the radius of a pie that leaves room for its labels all around."""
    letters, ceiling = font(page.face, page.letters), ceiling_of(page, chart)
    widest = max(letters.getlength(label) for label in chart.labels)
    radius = min(page.width / 2 - widest - 6, (page.height - ceiling) / 2 - page.letters - 5)
    return (page.width / 2, (ceiling + page.height) / 2), radius


def paint_chart(rng: np.random.Generator, page: Page, chart: Chart) -> NDArray[np.uint8]:
    """Draw `chart` in a random look; return uint8 [height, width, 3]."""
    return np.asarray(fill_sheet(rng, page, chart).picture)


def fill_sheet(rng: np.random.Generator, page: Page, chart: Chart) -> Sheet:
    """Draw `chart` in a random look, and tell where its letters are."""
    look = _look(rng, chart)
    sheet = Sheet(page, look.paper)
    if chart.title:
        title = font(page.face, min(page.letters + 1, 12))
        sheet.write((page.width / 2, 3 + page.letters / 2), chart.title, look.ink, "mm", face=title)
    if chart.kind == "pie":
        _pie(sheet, page, chart, look)
    elif chart.kind == "row":
        _rows(sheet, page, chart, look)
    else:
        _columns(sheet, page, chart, look)
    return sheet


def _look(rng: np.random.Generator, chart: Chart) -> Look:
    fills = {name: COLOURS[name].draw(rng) for name in sorted(set(chart.colours))}
    dark = rng.random() < 0.12 and "black" not in fills
    paper: Rgb = (
        (28, 30, 36) if dark else one_of(rng, ((255, 255, 255), (255, 255, 255), (246, 246, 248), (250, 246, 238)))
    )
    ink: Rgb = (230, 230, 230) if dark else one_of(rng, ((0, 0, 0), (40, 40, 40), (60, 60, 70)))
    return Look(
        paper=paper,
        ink=ink,
        fills=tuple(fills[name] for name in chart.colours),
        grid=rng.random() < 0.5,
        framed=rng.random() < 0.3,
        edged=rng.random() < 0.25,
        smooth=rng.random() < 0.6,
        bar=between(rng, 0.5, 0.85),
        legend=rng.random() < 0.5,
        start=float(whole(rng, 0, 359)),
    )


def ticks(chart: Chart) -> list[float]:
    """Return the numbers that stand at the axis."""
    return [chart.tick * number for number in range(round(chart.top / chart.tick) + 1)]


def ceiling_of(page: Page, chart: Chart) -> int:
    """Return how many pixels the title takes from the top of the page."""
    return page.letters + 7 if chart.title else 5


def box_of(page: Page, chart: Chart) -> Box:
    """Return where the axes go, so that title, labels and numbers fit around them."""
    letters, ceiling = font(page.face, page.letters), ceiling_of(page, chart)
    floor = page.height - page.letters - 8
    if chart.kind == "row":
        names = max(letters.getlength(label) for label in chart.labels)
        tail = letters.getlength(f"{chart.top:g}") * (1 if chart.printed else 0.5)
        return Box(round(names) + 8, ceiling, round(page.width - 5 - tail), floor)
    numbers = max(letters.getlength(f"{tick:g}") for tick in ticks(chart))
    head = ceiling + (page.letters if chart.printed else page.letters // 2)
    return Box(round(numbers) + 9, head, page.width - 6, floor)


def _grid_colour(look: Look) -> Rgb:
    red, green, blue = ((3 * paper + ink) // 4 for paper, ink in zip(look.paper, look.ink, strict=True))
    return red, green, blue


def _columns(sheet: Sheet, page: Page, chart: Chart, look: Look) -> None:
    """Draw axes, then upright bars or a line with points."""
    pen, box = sheet.pen, box_of(page, chart)
    height = box.bottom - box.top
    for tick in ticks(chart):
        y = box.bottom - round(height * tick / chart.top)
        if look.grid and tick:
            pen.line((box.left, y, box.right, y), fill=_grid_colour(look))
        pen.line((box.left - 3, y, box.left, y), fill=look.ink)
        sheet.write((box.left - 5, y), f"{tick:g}", look.ink, "rm")
    room = (box.right - box.left) / len(chart.labels)
    points: list[Place] = []
    for place, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        middle = box.left + room * (place + 0.5)
        level = box.bottom - height * value / chart.top
        points.append((middle, level))
        sheet.write((middle, box.bottom + 4 + page.letters / 2), label, look.ink, "mm")
        if chart.kind == "bar":
            half = room * look.bar / 2
            edge = look.ink if look.edged else None
            pen.rectangle(
                (round(middle - half), round(level), round(middle + half), box.bottom), look.fills[place], edge
            )
    if chart.kind == "line":
        _line(sheet.picture, points, look)
    _axes(pen, box, look)
    if chart.printed:
        _print_values(sheet, page, chart, look, points)


def _print_values(sheet: Sheet, page: Page, chart: Chart, look: Look, points: list[Place]) -> None:
    """Write each value above its bar, or at that side of its point where the line does not run."""
    floor = box_of(page, chart).bottom
    for place, ((x, y), value) in enumerate(zip(points, chart.values, strict=True)):
        around = chart.values[max(0, place - 1) : place + 2]
        below = chart.kind == "line" and value < sum(around) / len(around) and y + 8 + page.letters < floor
        reach = (page.letters / 2 + 2 if chart.kind == "bar" else page.letters / 2 + 5) * (1 if below else -1)
        sheet.write((x, y + reach), f"{value:g}", look.ink, "mm", halo=look.paper)


def _axes(pen: ImageDraw.ImageDraw, box: Box, look: Look) -> None:
    if look.framed:
        pen.rectangle((box.left, box.top, box.right, box.bottom), outline=look.ink)
    pen.line((box.left, box.top, box.left, box.bottom, box.right, box.bottom), fill=look.ink)


def _line(picture: Pixels.Image, points: list[Place], look: Look) -> None:
    scale = _SUPERSAMPLING if look.smooth else 1
    mask = Pixels.new("L", (picture.width * scale, picture.height * scale))
    pen = ImageDraw.Draw(mask)
    spots = [(x * scale, y * scale) for x, y in points]
    pen.line([value for spot in spots for value in spot], fill=255, width=round(1.7 * scale), joint="curve")
    for x, y in spots:
        pen.ellipse((x - 2.6 * scale, y - 2.6 * scale, x + 2.6 * scale, y + 2.6 * scale), fill=255)
    picture.paste(look.fills[0], (0, 0), mask.reduce(scale) if scale > 1 else mask)


def _rows(sheet: Sheet, page: Page, chart: Chart, look: Look) -> None:
    """Draw bars that lie, the first one at the top."""
    pen, box = sheet.pen, box_of(page, chart)
    width, room = box.right - box.left, (box.bottom - box.top) / len(chart.labels)
    for tick in ticks(chart):
        x = box.left + round(width * tick / chart.top)
        if look.grid and tick:
            pen.line((x, box.top, x, box.bottom), fill=_grid_colour(look))
        pen.line((x, box.bottom, x, box.bottom + 3), fill=look.ink)
        sheet.write((x, box.bottom + 4 + page.letters / 2), f"{tick:g}", look.ink, "mm")
    for place, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        middle, half = box.top + room * (place + 0.5), room * look.bar / 2
        end = box.left + width * value / chart.top
        edge = look.ink if look.edged else None
        pen.rectangle((box.left, round(middle - half), round(end), round(middle + half)), look.fills[place], edge)
        sheet.write((box.left - 4, middle), label, look.ink, "rm")
        if chart.printed:
            sheet.write((end + 4, middle), f"{value:g}", look.ink, "lm")
    _axes(pen, box, look)


def _pie(sheet: Sheet, page: Page, chart: Chart, look: Look) -> None:
    """Draw a pie with a legend at its right, or with the labels around it."""
    letters, ceiling = font(page.face, page.letters), ceiling_of(page, chart)
    shares = [f"{value:g}%" if chart.printed else "" for value in chart.values]
    side = max(letters.getlength(f"{label} {share}") for label, share in zip(chart.labels, shares, strict=True))
    centre, radius = pie_place(page, chart)
    legend = look.legend or radius < LEAST_RADIUS
    if legend:
        right = page.width - side - 20
        centre = (right / 2 + 2, (ceiling + page.height) / 2)
        radius = min(right / 2 - 3, (page.height - ceiling) / 2 - 4)
    _slices(sheet.picture, chart, look, centre, radius)
    angle = look.start
    for place, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        middle = math.radians(angle + value * 1.8)
        across, down = math.cos(middle), math.sin(middle)
        angle += value * 3.6
        if legend:
            y = (ceiling + page.height) / 2 + (place - (len(chart.labels) - 1) / 2) * (page.letters + 5)
            left = page.width - side - 14
            sheet.pen.rectangle((left, y - 4, left + 7, y + 4), look.fills[place])
            sheet.write((left + 11, y), f"{label} {shares[place]}".strip(), look.ink, "lm")
            continue
        anchor = "lm" if across > 0.35 else "rm" if across < -0.35 else "mm"
        reach = radius + (3 if abs(across) > 0.35 else page.letters / 2 + 3)
        spot = (centre[0] + reach * across, centre[1] + (radius + page.letters / 2 + 2) * down)
        sheet.write(spot, label, look.ink, anchor)
        if shares[place]:
            fill = look.fills[place]
            light = 0.3 * fill[0] + 0.59 * fill[1] + 0.11 * fill[2] > 120
            inside = (centre[0] + 0.66 * radius * across, centre[1] + 0.66 * radius * down)
            sheet.write(inside, shares[place], (0, 0, 0) if light else (255, 255, 255), "mm")


def _slices(picture: Pixels.Image, chart: Chart, look: Look, centre: tuple[float, float], radius: float) -> None:
    scale = _SUPERSAMPLING if look.smooth else 1
    left, top = math.floor(centre[0] - radius) - 1, math.floor(centre[1] - radius) - 1
    across = math.ceil(radius) * 2 + 4
    disc = Pixels.new("RGB", (across * scale, across * scale), look.paper)
    pen = ImageDraw.Draw(disc)
    middle = ((centre[0] - left) * scale, (centre[1] - top) * scale)
    frame = (
        middle[0] - radius * scale,
        middle[1] - radius * scale,
        middle[0] + radius * scale,
        middle[1] + radius * scale,
    )
    angle = look.start
    for value, fill in zip(chart.values, look.fills, strict=True):
        pen.pieslice(frame, angle, angle + value * 3.6, fill, look.paper if look.edged else None, width=scale)
        angle += value * 3.6
    picture.paste(disc.reduce(scale) if scale > 1 else disc, (left, top))
