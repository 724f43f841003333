"""Questions about a chart and their answers, read off its data.

A value is asked where it can be read: printed as a number, or on a raster that the axis lets the eye tell apart.
Every maker returns None where its question has no clear answer.
"""

from collections.abc import Callable

import numpy as np

from sensorium.data.phrasing import NO, UNANSWERABLE, YES, Word, ask
from sensorium.data.sample import Turn
from sensorium.data.synthetic import chart_phrasings as say
from sensorium.data.synthetic.chart_data import Chart
from sensorium.data.synthetic.draws import one_of, some_of
from sensorium.data.synthetic.names import COLOURS

Maker = Callable[[np.random.Generator, Chart], Turn | None]


def number(value: float) -> str:
    """Return a value as it is answered: plain digits, no unit, no needless zeros."""
    return f"{value:g}"


def _readable(chart: Chart) -> bool:
    return chart.printed or chart.kind != "pie"


def _two(rng: np.random.Generator, chart: Chart) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """Return two (label, value) pairs whose values differ plainly."""
    a, b = some_of(rng, tuple(zip(chart.labels, chart.values, strict=True)), 2)
    return (a, b) if abs(a[1] - b[1]) >= 0.04 * chart.top else None


def _value(rng: np.random.Generator, chart: Chart) -> Turn | None:
    if not _readable(chart):
        return None
    label, value = one_of(rng, tuple(zip(chart.labels, chart.values, strict=True)))
    table = say.SHARE if chart.kind == "pie" else say.VALUE
    return ask(rng, table, number(value), "value", measure="number", x=label)


def _highest(rng: np.random.Generator, chart: Chart) -> Turn | None:
    return ask(rng, say.HIGHEST, chart.labels[int(np.argmax(chart.values))], "highest")


def _lowest(rng: np.random.Generator, chart: Chart) -> Turn | None:
    return ask(rng, say.LOWEST, chart.labels[int(np.argmin(chart.values))], "highest")


def _extreme_value(rng: np.random.Generator, chart: Chart) -> Turn | None:
    if not _readable(chart):
        return None
    if rng.random() < 0.5:
        return ask(rng, say.HIGHEST_VALUE, number(max(chart.values)), "value", measure="number")
    return ask(rng, say.LOWEST_VALUE, number(min(chart.values)), "value", measure="number")


def _count(rng: np.random.Generator, chart: Chart) -> Turn | None:
    return ask(rng, say.COUNT, len(chart.labels), "count", things=say.PARTS[chart.kind])


def _above(rng: np.random.Generator, chart: Chart) -> Turn | None:
    if chart.kind == "pie":
        return None
    line = chart.tick * int(rng.integers(1, round(chart.top / chart.tick)))
    if any(abs(value - line) < 0.03 * chart.top for value in chart.values):
        return None
    higher = sum(value > line for value in chart.values)
    return ask(rng, say.ABOVE, higher, "count", things=say.PARTS[chart.kind], y=number(line))


def _is_larger(rng: np.random.Generator, chart: Chart) -> Turn | None:
    pair = _two(rng, chart)
    if pair is None:
        return None
    a, b = pair
    return ask(rng, say.IS_LARGER, YES if a[1] > b[1] else NO, "compare", a=a[0], b=b[0])


def _which_larger(rng: np.random.Generator, chart: Chart) -> Turn | None:
    pair = _two(rng, chart)
    if pair is None:
        return None
    a, b = pair
    return ask(rng, say.WHICH_LARGER, a[0] if a[1] > b[1] else b[0], "compare", a=a[0], b=b[0])


def _difference(rng: np.random.Generator, chart: Chart) -> Turn | None:
    pair = _two(rng, chart)
    if pair is None or not _readable(chart):
        return None
    (a, first), (b, second) = pair
    return ask(rng, say.DIFFERENCE, number(abs(first - second)), "arithmetic", measure="number", a=a, b=b)


def _sum(rng: np.random.Generator, chart: Chart) -> Turn | None:
    pair = _two(rng, chart)
    if pair is None or not _readable(chart):
        return None
    (a, first), (b, second) = pair
    return ask(rng, say.SUM, number(first + second), "arithmetic", measure="number", a=a, b=b)


def _kind(rng: np.random.Generator, chart: Chart) -> Turn | None:
    return ask(rng, say.KIND, say.KINDS[chart.kind], "identify")


def _title(rng: np.random.Generator, chart: Chart) -> Turn | None:
    return ask(rng, say.TITLE, chart.title, "read", measure="characters") if chart.title else None


def _trend(rng: np.random.Generator, chart: Chart) -> Turn | None:
    steps = np.diff(chart.values)
    if chart.kind != "line" or not (np.all(steps > 0) or np.all(steps < 0)):
        return None
    return ask(rng, say.TREND, say.RISING if steps[0] > 0 else say.FALLING, "trend")


def _colour(rng: np.random.Generator, chart: Chart) -> Turn | None:
    if chart.kind == "line":
        return None
    label, colour = one_of(rng, tuple(zip(chart.labels, chart.colours, strict=True)))
    return ask(rng, say.COLOUR, COLOURS[colour].word, "colour", x=label)


def _unknown(rng: np.random.Generator, chart: Chart) -> Turn | None:
    answer = UNANSWERABLE["image"]
    if not chart.absent or rng.random() < 0.2:
        return ask(rng, one_of(rng, say.UNKNOWN), answer, "unanswerable")
    table = say.SHARE if chart.kind == "pie" else say.VALUE
    return ask(rng, table, answer, "unanswerable", x=one_of(rng, chart.absent))


def _describe(rng: np.random.Generator, chart: Chart) -> Turn | None:
    count, kind, parts = len(chart.labels), say.KINDS[chart.kind], say.PARTS[chart.kind]
    highest = chart.labels[int(np.argmax(chart.values))]
    about = (f" of {chart.title}", f"{chart.title}的") if chart.title else ("", "")
    caption = Word(
        f"a {kind.en}{about[0]} with {count} {parts.en}; {highest} is the highest",
        f"{about[1]}{kind.zh}，有{count}个{parts.zh}，{highest}最高",
    )
    return ask(rng, say.DESCRIBE, caption, "caption", weight=0.2)


MAKERS: tuple[tuple[float, Maker], ...] = (
    (3.0, _value), (1.2, _highest), (1.2, _lowest), (1.0, _extreme_value), (0.9, _count), (0.5, _above),
    (0.9, _is_larger), (0.8, _which_larger), (0.6, _difference), (0.4, _sum), (0.5, _kind), (0.5, _title),
    (1.0, _trend), (0.4, _colour), (0.8, _unknown), (0.3, _describe),
)  # fmt: skip
