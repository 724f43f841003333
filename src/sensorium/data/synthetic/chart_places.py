"""Where the values of a chart stand in its picture, as training names them."""

from sensorium.data.sample import Region
from sensorium.data.synthetic.chart_data import Chart, Page
from sensorium.data.synthetic.chart_drawing import box_of
from sensorium.data.synthetic.names import COLOURS


def value_regions(page: Page, chart: Chart) -> tuple[Region, ...]:
    """Each bar or point with its value, label and colour, and each label alone; none of a pie.

    Charts must be as `chart_drawing.paint_chart` draws them.
    """
    if chart.kind == "pie":
        return ()
    box = box_of(page, chart)
    lying = chart.kind == "row"
    top = box.top - page.letters * chart.printed  # the numbers of the tallest bars stand above the axes
    start, end = (box.top, box.bottom) if lying else (box.left, box.right)
    room = (end - start) / len(chart.labels)
    regions = []
    for place, (label, value, colour) in enumerate(zip(chart.labels, chart.values, chart.colours, strict=True)):
        low, high = start + room * place, start + room * (place + 1)
        body = (box.left, low, page.width, high) if lying else (low, top, high, box.bottom)
        name = (0, low, box.left, high) if lying else (low, box.bottom, high, page.height)
        word = COLOURS[colour].word
        regions.append(Region((label, f"{value:g}", word.en, word.zh), _shares(page, body)))
        regions.append(Region((label,), _shares(page, name)))
    return tuple(regions)


def _shares(page: Page, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left / page.width, top / page.height, right / page.width, bottom / page.height
