"""Charts: bars and slices are as large as the data say, and the answers follow from the data."""

import re
from functools import cache

import numpy as np
import pytest

from sensorium.data.sample import Turn
from sensorium.data.synthetic import chart_data, fonts
from sensorium.data.synthetic.chart_data import Chart, ChartKind, Page, draw_chart, draw_page, draw_size
from sensorium.data.synthetic.chart_drawing import box_of, paint_chart
from sensorium.data.synthetic.chart_matplotlib import paint_with_matplotlib
from sensorium.data.synthetic.chart_questions import MAKERS
from sensorium.data.synthetic.charts import Charts
from sensorium.data.synthetic.talk import draw_turns

SAMPLES = 150
PAGE = Page(160, 144, fonts.PILLOW_FACE, 11)


def chart(kind: ChartKind = "bar", *, printed: bool = False, values: tuple[float, ...] = (20, 50, 30)) -> Chart:
    hues = ("red", "blue", "green")
    return Chart(kind, "Sales", ("A", "B", "C"), values, hues, 100, 20, printed, ("D", "E"))


@cache
def turns(given: Chart) -> list[Turn]:
    """The turns of many talks about one chart."""
    rng = np.random.default_rng(4)
    return [turn for _ in range(600) for turn in draw_turns(rng, MAKERS, given, 8)]


def answers(given: Chart, pattern: str) -> set[str]:
    return {turn.answer for turn in turns(given) if re.search(pattern, turn.question, re.IGNORECASE)}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^what is the value of A\b", {"20"}),
        (r"^(图中)?B(的值|的数值)?是多少", {"50"}),
        (r"^(which is|哪个最)(the )?(highest|高)", {"B"}),
        (r"^which has the lowest", {"A"}),
        (r"^what is the (maximum|highest) value", {"50"}),
        (r"^how many bars are (there|shown)", {"3"}),
        (r"^which is larger, (A or B|B or A)", {"B"}),
        (r"^is A larger than C", {"no"}),
        (r"^is C larger than A", {"yes"}),
        (r"difference between (A and C|C and A)", {"10"}),
        (r"sum of (A and B|B and A)", {"70"}),
        (r"kind of chart", {"bar chart"}),
        (r"title", {"Sales"}),
        (r"^what colou?r is B", {"blue"}),
        (r"value of D\b", {"I can't tell from this picture."}),
        (r"E是多少", {"从图中看不出来。"}),
        (r"^how many values are above 40", {"1"}),
    ],
)
def test_questions_about_a_known_chart_get_the_true_answer(pattern: str, expected: set[str]) -> None:
    assert answers(chart(), pattern) == expected


def test_a_line_has_a_trend_only_if_it_goes_one_way() -> None:
    assert answers(chart("line", values=(20, 30, 50)), r"trend of the line") == {"rising"}
    assert answers(chart("line", values=(50, 30, 20)), r"趋势") == {"下降"}
    assert not answers(chart("line"), r"trend")


def test_shares_of_a_pie_are_asked_only_if_they_are_printed() -> None:
    assert not [turn for turn in turns(chart("pie")) if turn.measure == "number"]
    assert answers(chart("pie", printed=True), r"percentage of A\b") == {"20"}


@pytest.mark.parametrize("paint", [paint_chart, paint_with_matplotlib])
def test_bars_are_as_long_as_their_values(paint: object) -> None:
    for kind in ("bar", "row"):
        given = chart(kind, values=(20, 50, 90))
        pixels = paint(np.random.default_rng(1), PAGE, given).astype(int)  # type: ignore[operator]
        assert pixels.shape == (144, 160, 3)
        blueness = pixels[..., 2] - np.maximum(pixels[..., 0], pixels[..., 1])
        blue = np.argwhere(blueness > 60)
        box = box_of(PAGE, given)
        axis = 0 if kind == "bar" else 1
        full = box.bottom - box.top if kind == "bar" else box.right - box.left
        length = blue[:, axis].max() - blue[:, axis].min() + 1
        assert length / full == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("paint", [paint_chart, paint_with_matplotlib])
def test_slices_are_as_large_as_their_shares(paint: object) -> None:
    pixels = paint(np.random.default_rng(2), PAGE, chart("pie")).astype(int)  # type: ignore[operator]
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    areas = [
        (red - np.maximum(green, blue) > 60).sum(),
        (blue - np.maximum(red, green) > 60).sum(),
        (green - np.maximum(red, blue) > 40).sum(),
    ]
    assert [area / sum(areas) for area in areas] == pytest.approx([0.2, 0.5, 0.3], abs=0.03)


def test_drawn_charts_have_clear_extremes_and_labels_that_fit() -> None:
    rng = np.random.default_rng(5)
    for number in range(4 * SAMPLES):
        page = draw_page(rng, draw_size(rng), held_out=number % 2 == 0)
        drawn = draw_chart(rng, page, held_out=number % 2 == 0)
        values = drawn.values
        assert 3 <= len(values) == len(drawn.labels) == len(drawn.colours) <= 6
        assert len(set(drawn.labels)) == len(drawn.labels)
        assert not set(drawn.labels) & set(drawn.absent)
        assert values.count(max(values)) == 1 == values.count(min(values))
        assert 0 < min(values) <= max(values) <= drawn.top
        assert drawn.kind != "pie" or sum(values) == 100
        room = chart_data.room_for_label(page, drawn.kind, len(values))
        letters = fonts.font(page.face, page.letters)
        assert drawn.kind in {"row", "pie"} or all(letters.getlength(label) <= room for label in drawn.labels)


def test_values_that_are_not_printed_are_five_percent_of_the_axis_apart() -> None:
    rng = np.random.default_rng(6)
    for _ in range(2 * SAMPLES):
        drawn = draw_chart(rng, draw_page(rng, draw_size(rng), held_out=False), held_out=False)
        if not drawn.printed and drawn.kind != "pie":
            steps = np.diff(np.unique(drawn.values)) / drawn.top
            assert steps.min() >= 0.05 - 1e-9


def test_validation_labels_titles_and_faces_are_never_in_training() -> None:
    rng = np.random.default_rng(7)
    train = [
        draw_chart(rng, draw_page(rng, draw_size(rng), held_out=False), held_out=False) for _ in range(3 * SAMPLES)
    ]
    held_out = [
        draw_chart(rng, draw_page(rng, draw_size(rng), held_out=True), held_out=True) for _ in range(3 * SAMPLES)
    ]
    for attribute in ("labels", "absent"):
        ours = {label for drawn in train for label in getattr(drawn, attribute)}
        theirs = {label for drawn in held_out for label in getattr(drawn, attribute)}
        assert not ours & theirs
    assert not {drawn.title for drawn in train} & {drawn.title for drawn in held_out} - {""}


def test_samples_are_reproducible_small_and_in_both_languages() -> None:
    domain = Charts()
    first, second = (domain.train(np.random.default_rng(8)) for _ in range(2))
    assert first.turns == second.turns
    rng = np.random.default_rng(9)
    samples = [domain.train(rng) for _ in range(SAMPLES)]
    assert {turn.language for sample in samples for turn in sample.turns} == {"en", "zh"}
    assert all(4 <= len(sample.turns) <= 8 for sample in samples)
    for index in range(24):
        once, again = domain.validation(index), domain.validation(index)
        assert once.turns == again.turns
        assert len(once.turns) == 1
        pixels = once.media[0].pixels  # type: ignore[union-attr]
        assert np.array_equal(pixels, again.media[0].pixels)  # type: ignore[union-attr]
        assert pixels.shape[0] * pixels.shape[1] <= 25_600
