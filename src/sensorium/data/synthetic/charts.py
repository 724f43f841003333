"""Bar, line and pie charts, and a talk about each: values, extremes, differences, what is not in the chart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sensorium.data.sample import Region, Sample
from sensorium.data.synthetic.chart_data import Chart, draw_chart, draw_page, draw_size
from sensorium.data.synthetic.chart_drawing import LEAST_RADIUS, fill_sheet, pie_place
from sensorium.data.synthetic.chart_matplotlib import paint_with_matplotlib
from sensorium.data.synthetic.chart_places import value_regions
from sensorium.data.synthetic.chart_questions import MAKERS
from sensorium.data.synthetic.draws import whole
from sensorium.data.synthetic.talk import draw_turns
from sensorium.media.types import Image

_VALIDATION_SEED = 5_203
_MATPLOTLIB_SHARE = 0.01
_MATPLOTLIB_SHARE_HELD_OUT = 0.2
"""matplotlib takes thirty times as long, so that training can afford only a few such charts."""


@dataclass(frozen=True)
class Charts:
    """Charts of three to six values on sheets of at most 160 x 160 pixels in area.

    Validation charts have labels, titles and faces that training never uses.
    """

    name: str = "charts"
    validation_size: int = 1_000

    def train(self, rng: np.random.Generator) -> Sample:
        """Return a chart with five to eight turns."""
        return self.alike(rng)(rng)

    def alike(self, rng: np.random.Generator) -> Callable[[np.random.Generator], Sample]:
        """Draw a size, and return what draws training charts of it."""
        size = draw_size(rng)

        def draw(rng: np.random.Generator) -> Sample:
            chart, picture, regions = _draw(rng, size, held_out=False)
            return Sample((picture,), draw_turns(rng, MAKERS, chart, whole(rng, 5, 8)), self.name, regions)

        return draw

    def validation(self, index: int) -> Sample:
        """Return chart number `index` with one turn; the kinds of question come in turn."""
        rng = np.random.default_rng([_VALIDATION_SEED, index])
        _, make = MAKERS[index % len(MAKERS)]
        while True:
            chart, picture, _ = _draw(rng, draw_size(rng), held_out=True)
            turn = make(rng, chart)
            if turn is not None:
                return Sample((picture,), (turn,), self.name)


def _draw(
    rng: np.random.Generator, size: tuple[int, int], *, held_out: bool
) -> tuple[Chart, Image, tuple[Region, ...]]:
    page = draw_page(rng, size, held_out=held_out)
    chart = draw_chart(rng, page, held_out=held_out)
    share = _MATPLOTLIB_SHARE_HELD_OUT if held_out else _MATPLOTLIB_SHARE
    crowded = chart.kind == "pie" and pie_place(page, chart)[1] < LEAST_RADIUS
    if rng.random() < share and not crowded:
        return chart, Image(paint_with_matplotlib(rng, page, chart), source="chart"), ()
    sheet = fill_sheet(rng, page, chart)
    regions = (*value_regions(page, chart), *sheet.letters)
    return chart, Image(np.asarray(sheet.picture), source="chart"), regions
