"""Regions of a chart: what changes in the picture when one value or one label changes lies in its region."""

from dataclasses import replace

import numpy as np
import pytest

from sensorium.data.sample import Region
from sensorium.data.synthetic import charts, fonts
from sensorium.data.synthetic.chart_data import Chart, ChartKind, Page, draw_chart, draw_page, draw_size
from sensorium.data.synthetic.chart_drawing import box_of, fill_sheet, paint_chart
from sensorium.data.synthetic.chart_places import value_regions
from sensorium.data.synthetic.charts import Charts

PAGE = Page(160, 120, fonts.PILLOW_FACE, 11)
LABELS = ("MMM", "B", "C")  # the first is the widest, so that the axes stay where they are


def chart(kind: ChartKind, *, printed: bool = False) -> Chart:
    hues = ("blue",) * 3 if kind == "line" else ("red", "blue", "green")
    return Chart(kind, "Sales", LABELS, (20, 50, 37.5), hues, 100, 20, printed, ("D", "E"))


def paint(given: Chart) -> np.ndarray:
    return paint_chart(np.random.default_rng(1), PAGE, given).astype(int)


def pixels(region: Region) -> tuple[float, float, float, float]:
    left, top, right, bottom = np.multiply(region.box, (PAGE.width, PAGE.height) * 2)
    return float(left), float(top), float(right), float(bottom)


def lies_in(region: Region, changed: np.ndarray) -> bool:
    """Whether all changed pixels, of which there are some, lie in a region; half a pixel may round over its edge."""
    left, top, right, bottom = pixels(region)
    rows, columns = np.nonzero(changed)
    inside = (left - 1 <= columns.min(), columns.max() <= right, top - 1 <= rows.min(), rows.max() <= bottom)
    return all(inside)


@pytest.mark.parametrize("kind", ["bar", "row", "line"])
def test_every_value_has_a_region_and_a_label(kind: ChartKind) -> None:
    bodies, names = value_regions(PAGE, chart(kind))[::2], value_regions(PAGE, chart(kind))[1::2]
    first, second, third = (
        [("20", "blue", "蓝色"), ("50", "blue", "蓝色"), ("37.5", "blue", "蓝色")]
        if kind == "line"
        else [("20", "red", "红色"), ("50", "blue", "蓝色"), ("37.5", "green", "绿色")]
    )
    assert [body.words for body in bodies] == [("MMM", *first), ("B", *second), ("C", *third)]
    assert [name.words for name in names] == [("MMM",), ("B",), ("C",)]
    for region in (*bodies, *names):
        left, top, right, bottom = region.box
        assert 0.0 <= left < right <= 1.0
        assert 0.0 <= top < bottom <= 1.0


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("printed", [False, True])
@pytest.mark.parametrize("kind", ["bar", "row"])
def test_a_bar_and_its_number_lie_in_their_region(kind: ChartKind, printed: bool, place: int) -> None:
    before = chart(kind, printed=printed)
    values = list(before.values)
    values[place] = 98  # so that its number stands beyond the axes
    changed = (paint(before) != paint(replace(before, values=tuple(values)))).any(axis=2)
    assert [lies_in(region, changed) for region in value_regions(PAGE, before)[::2]] == [
        each == place for each in range(3)
    ]


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("kind", ["bar", "row", "line"])
def test_a_label_lies_in_its_region(kind: ChartKind, place: int) -> None:
    before = chart(kind)
    labels = list(before.labels)
    labels[place] = "W"
    changed = (paint(before) != paint(replace(before, labels=tuple(labels)))).any(axis=2)
    assert [lies_in(region, changed) for region in value_regions(PAGE, before)[1::2]] == [
        each == place for each in range(3)
    ]


def test_points_of_a_line_lie_in_the_middle_of_their_regions() -> None:
    given = chart("line")
    picture, box = paint(given), box_of(PAGE, given)
    blue = picture[..., 2] - np.maximum(picture[..., 0], picture[..., 1]) > 60
    for region, value in zip(value_regions(PAGE, given)[::2], given.values, strict=True):
        left, top, right, bottom = pixels(region)
        level = bottom - (bottom - top) * value / given.top
        assert (round(top), round(bottom)) == (box.top, box.bottom)
        assert blue[round(level), round((left + right) / 2)]


def test_slices_of_a_pie_have_no_regions() -> None:
    assert value_regions(PAGE, replace(chart("bar"), kind="pie", values=(20, 50, 30))) == ()


def test_training_charts_tell_their_regions_unless_another_hand_drew_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    told = [Charts().train(rng).regions for _ in range(40)]
    assert sum(bool(regions) for regions in told) > 35
    values = {sum(len(region.words) == 4 for region in regions) for regions in told}
    assert values == {0, 3, 4, 5, 6}  # a pie has letters alone
    monkeypatch.setattr(charts, "_MATPLOTLIB_SHARE", 1.0)
    assert all(Charts().train(rng).regions == () for _ in range(3))


@pytest.mark.parametrize("kind", ["bar", "row", "line", "pie"])
def test_letters_are_where_the_sheet_says(kind: ChartKind) -> None:
    shares = (20, 50, 30) if kind == "pie" else (20, 50, 37.5)
    given = replace(chart(kind, printed=True), values=shares)
    told = fill_sheet(np.random.default_rng(1), PAGE, given)
    written = "".join(region.words[0] for region in told.letters)
    assert all(text in written for text in ("Sales", *LABELS, *(f"{share:g}" for share in shares)))
    before = np.asarray(told.picture).astype(int)
    other = np.asarray(fill_sheet(np.random.default_rng(1), PAGE, replace(given, title="Salez")).picture).astype(int)
    fifth = told.letters[4]
    assert fifth.words == ("s",)
    assert lies_in(fifth, np.abs(other - before).sum(axis=2) > 0)


def test_any_words_stand_in_training_charts_but_those_of_validation() -> None:
    unseen = {label for index in range(200) for label in drawn(index, held_out=True)}
    seen = {label for index in range(400) for label in drawn(index, held_out=False)}
    assert len(seen) > 400
    assert not {label.lower() for label in seen if label.isalpha() and len(label) > 1} & {
        label.lower() for label in unseen
    }


def drawn(index: int, *, held_out: bool) -> tuple[str, ...]:
    rng = np.random.default_rng([3, index])
    page = draw_page(rng, draw_size(rng), held_out=held_out)
    return draw_chart(rng, page, held_out=held_out).labels
