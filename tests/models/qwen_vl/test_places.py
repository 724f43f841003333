"""Boxes, points and moments in answers: every form, in the user's pixels and seconds; broken ones left out."""

from typing import Any

import numpy as np
import pytest

from sensorium.chat.places import Box, Moment, Point
from sensorium.inputs.batching import Item
from sensorium.media.types import Image, Media, VideoClip
from sensorium.models.qwen_vl.places import (
    UNITS,
    Clock,
    Finder,
    Unit,
    View,
    find_moments,
    find_places,
    seconds_of,
)

VIEW = View(size=(200, 400), seen=(100, 800))


@pytest.mark.parametrize(("unit", "right", "bottom"), [("pixels", 200.0, 100.0), ("thousandths", 160.0, 10.0)])
def test_boxes_and_points_in_json(unit: Unit, right: float, bottom: float) -> None:
    text = 'Here:\n```json\n[\n{"bbox_2d": [0, 0, 400, 50], "label": "a dog"},\n{"point_2d": [0, 50]}\n]\n```'
    assert find_places(text, VIEW, unit=unit) == [Box(0.0, 0.0, right, bottom, "a dog"), Point(0.0, bottom)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("<|object_ref_start|>the eyes <|object_ref_end|><|box_start|>(100,250),(400,900)<|box_end|>", "the eyes"),
        ("the eyes(100,250),(400,900)", ""),
        ("<|box_start|>(100, 250),(400, 900)", ""),
    ],
)
def test_boxes_in_brackets(text: str, label: str) -> None:
    assert find_places(text, VIEW, unit="thousandths") == [Box(40.0, 50.0, 160.0, 180.0, label)]


def test_forms_stand_in_the_order_of_the_text() -> None:
    text = '(0,0),(500,500) and {"point_2d": [1000, 1000]} and (0,0),(1000,1000)'
    kinds = [type(place) for place in find_places(text, VIEW, unit="thousandths")]
    assert kinds == [Box, Point, Box]


def test_corners_are_put_in_order_and_kept_within_the_picture() -> None:
    (box,) = find_places('{"bbox_2d": [900, 120, -8, 20.5]}', VIEW, unit="pixels")
    assert box == Box(0.0, 41.0, 400.0, 200.0)


def test_tables_within_tables() -> None:
    text = '{"objects": [{"bbox_2d": [0, 0, 8, 1]}, {"parts": {"point_2d": [8, 1], "label": "nose"}}]}'
    assert find_places(text, VIEW, unit="pixels") == [Box(0.0, 0.0, 4.0, 2.0), Point(4.0, 2.0, "nose")]


def test_an_answer_that_was_cut_off_keeps_what_is_whole() -> None:
    text = '[{"bbox_2d": [0, 0, 8, 1], "label": "one"}, {"bbox_2d": [0, 0, 8'
    assert find_places(text, VIEW, unit="pixels") == [Box(0.0, 0.0, 4.0, 2.0, "one")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "There is nothing.",
        '{"bbox_2d": [1, 2, 3]}',
        '{"bbox_2d": ["1", 2, 3, 4]}',
        '{"bbox_2d": [true, 2, 3, 4]}',
        '{"bbox_2d": [NaN, 2, 3, 4]}',
        '{"bbox_2d": [1e999, 2, 3, 4]}',
        '{"bbox_2d": null}',
        "(1,2),(3,4",
        "{" * 5000,
        '{"a":' * 5000,
    ],
)
def test_what_is_no_place_is_left_out(text: str) -> None:
    assert find_places(text, VIEW, unit="pixels") == []
    assert find_moments(text, Clock((0.0, 1.0), True, 2.0)) == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (3, 3.0),
        (2.5, 2.5),
        ("00:12.50", 12.5),
        ("1:02:03", 3723.0),
        ("7", 7.0),
        ("7.5 seconds", 7.5),
        (" 90 s ", 90.0),
        (True, None),
        (-1, None),
        (float("inf"), None),
        ("soon", None),
        ("1:2:3:4", None),
        (None, None),
    ],
)
def test_seconds_of(value: object, seconds: float | None) -> None:
    assert seconds_of(value) == seconds


def test_moments_in_json() -> None:
    text = """```json
    [{"start_time": "00:01.00", "end_time": "00:03.50", "description": "a goal"}, {"timestamp": 9}]```"""
    clock = Clock((0.0, 2.0, 4.0), even=False, seconds=6.0)
    assert find_moments(text, clock) == [Moment(1.0, 3.5, "a goal"), Moment(6.0, 6.0)]


def test_a_clock_of_even_frames_leads_to_the_frames_own_times() -> None:
    clock = Clock((0.0, 1.0, 5.0, 6.0), even=True, seconds=8.0)  # for the model every two seconds
    assert [clock.to_film(seconds) for seconds in (0.0, 1.0, 2.0, 4.0, 6.0, 7.0, 99.0)] == [
        0.0,
        0.5,
        1.0,
        5.0,
        6.0,
        7.0,
        8.0,
    ]
    assert Clock((0.0,), even=True, seconds=3.0).to_film(2.0) == 2.0


def seen(height: int, width: int, **facts: Any) -> Item:
    """A picture or the frames of a film as the model saw them."""
    frames = len(facts.get("times", [0]))
    return Item("image", np.zeros((frames, 3, height, width), np.float32), 1, size=(200, 400), **facts)


@pytest.mark.parametrize(("kind", "right"), [("qwen2_vl", 160.0), ("qwen2_5_vl", 200.0), ("qwen3_vl", 160.0)])
def test_places_are_found_in_a_picture_as_the_model_type_counts_them(kind: str, right: float) -> None:
    picture = Image(np.zeros((200, 400, 3), np.uint8))
    found = Finder(UNITS[kind], even=True)('{"bbox_2d": [0, 0, 400, 0]} {"time": 3}', picture, seen(100, 800))
    assert found == (Box(0.0, 0.0, right, 0.0),)


@pytest.mark.parametrize(("even", "start"), [(True, 0.5), (False, 1.0)])
def test_moments_are_found_in_a_film_in_its_own_time(even: bool, start: float) -> None:
    times = np.array([0.0, 1.0, 5.0, 6.0])  # for a model of even frames every two seconds
    film: Media = VideoClip(np.zeros((4, 200, 400, 3), np.uint8), times, 8.0)
    text = '[{"start": 1, "end": 60, "label": "a goal"}, {"point_2d": [500, 500]}]'
    item = seen(100, 800, times=times.astype(np.float32))
    assert Finder("thousandths", even)(text, film, item) == (Moment(start, 8.0, "a goal"), Point(200.0, 100.0))
