"""Charts drawn by matplotlib, as most people draw them; some thirty times slower than our own drawing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.packages import require
from sensorium.data.synthetic.chart_data import Chart, Page
from sensorium.data.synthetic.chart_drawing import box_of, pie_place, ticks
from sensorium.data.synthetic.draws import between
from sensorium.data.synthetic.fonts import PILLOW_FACE
from sensorium.data.synthetic.names import COLOURS

_DPI = 100


def paint_with_matplotlib(rng: np.random.Generator, page: Page, chart: Chart) -> NDArray[np.uint8]:
    """Draw `chart` in matplotlib's manner; return uint8 [height, width, 3].

    Raises: MissingPackage if matplotlib is not installed.
    """
    backend, manager = require("matplotlib.backends.backend_agg", "train"), require("matplotlib.font_manager", "train")
    face = None if page.face == PILLOW_FACE else page.face
    letters = manager.FontProperties(fname=face, size=page.letters * 72 / _DPI)
    figure = require("matplotlib.figure", "train").Figure(figsize=(page.width / _DPI, page.height / _DPI), dpi=_DPI)
    canvas = backend.FigureCanvasAgg(figure)
    fills = {name: tuple(value / 255 for value in COLOURS[name].draw(rng)) for name in sorted(set(chart.colours))}
    colours = [fills[name] for name in chart.colours]
    if chart.title:
        top = 1 - (3 + page.letters / 2) / page.height
        figure.text(0.5, top, chart.title, ha="center", va="center", fontproperties=letters)
    if chart.kind == "pie":
        _pie(figure, page, chart, colours=colours, letters=letters, start=between(rng, 0, 360))
    else:
        _axes(rng, figure, page, chart, colours=colours, letters=letters)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _axes(rng: np.random.Generator, figure: Any, page: Page, chart: Chart, *, colours: list[Any], letters: Any) -> None:
    box = box_of(page, chart)
    width, height = box.right - box.left, box.bottom - box.top
    place = (box.left / page.width, 1 - box.bottom / page.height, width / page.width, height / page.height)
    axes = figure.add_axes(place)
    spots, thickness = range(len(chart.labels)), between(rng, 0.5, 0.85)
    if chart.kind == "row":
        drawn = axes.barh(spots, chart.values, thickness, color=colours)
        names, numbers = axes.yaxis, axes.xaxis
        axes.set(xlim=(0, chart.top), ylim=(len(spots) - 0.5, -0.5))
    else:
        names, numbers = axes.xaxis, axes.yaxis
        if chart.kind == "bar":
            drawn = axes.bar(spots, chart.values, thickness, color=colours)
        else:
            axes.plot(spots, chart.values, marker="o", markersize=4, color=colours[0], clip_on=False)
        axes.set(ylim=(0, chart.top), xlim=(-0.5, len(spots) - 0.5))
    names.set_ticks(spots, chart.labels, fontproperties=letters)
    numbers.set_ticks(ticks(chart), [f"{tick:g}" for tick in ticks(chart)], fontproperties=letters)
    axes.tick_params(length=2, pad=2)
    if rng.random() < 0.5:
        numbers.grid(visible=True)
        axes.set_axisbelow(True)
    if rng.random() < 0.3:
        axes.spines[["top", "right"]].set_visible(False)
    if chart.printed and chart.kind != "line":
        axes.bar_label(drawn, [f"{value:g}" for value in chart.values], padding=1, fontproperties=letters)
    elif chart.printed:
        for spot, value in zip(spots, chart.values, strict=True):
            axes.annotate(
                f"{value:g}", (spot, value), (0, 5), textcoords="offset pixels", ha="center", fontproperties=letters
            )


def _pie(figure: Any, page: Page, chart: Chart, *, colours: list[Any], letters: Any, start: float) -> None:
    (x, y), radius = pie_place(page, chart)
    across, down = 2.5 * radius / page.width, 2.5 * radius / page.height  # a pie of radius 1 has axes of -1.25 to 1.25
    axes = figure.add_axes((x / page.width - across / 2, 1 - y / page.height - down / 2, across, down))
    axes.pie(
        chart.values,
        labels=chart.labels,
        colors=colours,
        autopct="%1.0f%%" if chart.printed else None,
        startangle=start,
        labeldistance=1.08,
        textprops={"fontproperties": letters},
    )
