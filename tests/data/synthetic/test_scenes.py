"""Scenes: the pictures show what the scene says, and the answers follow from it."""

import math
import re
from functools import cache

import numpy as np
import pytest
from PIL import Image as Pixels

from sensorium.data.sample import Turn
from sensorium.data.synthetic import scene_facts as facts
from sensorium.data.synthetic.drawing import OUTLINES, polygon
from sensorium.data.synthetic.layout import HELD_OUT_PAIRS, Item, Scene
from sensorium.data.synthetic.names import COLOURS, SHAPES, SIZES, phrase
from sensorium.data.synthetic.scene_phrasings import HELD_OUT_THINGS, STRANGE_THINGS
from sensorium.data.synthetic.scene_questions import makers, shape_makers
from sensorium.data.synthetic.scenes import NAMELESS, Scenes, draw_scene, item_regions, paint_scene
from sensorium.data.synthetic.talk import draw_turns
from sensorium.media.types import Image

WHITE = (255, 255, 255)
SAMPLES = 150


def scene(*items: tuple[str, str, str, float, float]) -> Scene:
    radii = {"small": 10.0, "medium": 15.0, "large": 25.0}
    return Scene(100, 100, tuple(Item(shape, hue, size, x, y, radii[size]) for shape, hue, size, x, y in items))


@cache
def turns(given: Scene) -> list[Turn]:
    """The turns of many talks about one scene."""
    rng = np.random.default_rng(5)
    return [turn for _ in range(800) for turn in draw_turns(rng, makers(STRANGE_THINGS), given, 8)]


def answers(given: Scene, pattern: str, language: str = "en") -> set[str]:
    """All answers to questions that match `pattern`."""
    found = (turn for turn in turns(given) if turn.language == language)
    return {turn.answer for turn in found if re.search(pattern, turn.question, re.IGNORECASE)}


THREE = scene(
    ("circle", "red", "large", 28, 50), ("square", "blue", "small", 70, 20), ("star", "blue", "small", 70, 80)
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^what colou?r is the (large )?circle\?", {"red"}),
        (r"^(what|tell me) the shape of the (large )?red one", {"circle"}),
        (r"^what is the shape of the (large )?red one", {"circle"}),
        (r"^how many shapes (are there|are in the picture)\?", {"3"}),
        (r"^how many blue shapes\?", {"2"}),
        (r"^how many blue squares", {"1"}),
        (r"^which shape is leftmost", {"the red circle"}),
        (r"^which shape is (largest|biggest)\?", {"the red circle"}),
        (r"^which shape is topmost", {"the blue square"}),
        (r"^what is (above|over) the (blue )?star\?", set()),
        (r"^what colou?r is the lowest shape", {"blue"}),
        (r"^how many other shapes have the same colou?r as the (small )?square", {"1"}),
        (r"^is there a blue shape\?", {"yes"}),
        (r"^is there an? (heart|ring|red square)", {"no"}),
        (r"^what colou?r is the heart", {"I can't tell from this picture."}),
        (r"^how many kinds of shape are", {"3"}),
        (r"^how many different colours do the shapes have", {"2"}),
        (r"^where is the square\?", set()),
        (r"^is the circle blue", {"no"}),
        (r"^is the circle red", {"yes"}),
    ],
)
def test_questions_about_a_known_scene_get_the_true_answer(pattern: str, expected: set[str]) -> None:
    found = answers(THREE, pattern)
    assert found == expected or (not expected and found <= {"a blue square", "top", "top right"})


def test_chinese_questions_are_answered_in_chinese() -> None:
    assert answers(THREE, r"^大?的?圆形是什么颜色", "zh") == {"红色"}
    assert answers(THREE, r"^有几个蓝色的形状", "zh") == {"2"}
    assert answers(THREE, r"^最左边的形状颜色是什么", "zh") == {"红色"}


def test_a_thing_alone_is_named() -> None:
    alone = scene(("oval", "orange", "large", 50, 50))
    assert answers(alone, r"^what is this") == {"an orange oval"}
    assert answers(alone, r"^这是什么", "zh") == {"一个橙色椭圆形"}
    assert answers(alone, r"^where is the oval\?") == {"centre"}
    assert answers(alone, r"^describe") == {"a large orange oval"}


def test_captions_name_few_items_and_count_many() -> None:
    pair = scene(("circle", "red", "small", 20, 50), ("star", "blue", "large", 70, 50))
    assert facts.caption(pair).en == "a small red circle left of a large blue star"
    assert facts.caption(THREE).en.startswith("a large red circle, a small blue")
    stars = [("star", "pink", "small", x, 20.0) for x in (10.0, 40.0, 70.0)]
    assert facts.caption(scene(*stars)).en == "3 pink stars"
    assert facts.caption(scene(*stars, ("ring", "black", "small", 50, 80))).zh == "4个形状：3个粉色五角星、1个黑色圆环"


def test_names_of_items_fit_one_item_only() -> None:
    rng = np.random.default_rng(6)
    for _ in range(SAMPLES):
        drawn, _ = draw_scene(rng, (96, 80))
        for item in drawn.items:
            name = facts.refer(rng, drawn, item)
            if name is None:
                continue
            words = name.en.removeprefix("the ").split()
            fitting = [
                other
                for other in drawn.items
                if all(word in {other.shape, other.colour, other.size, "shape"} for word in words)
            ]
            assert fitting == [item]


def test_twins_are_never_told_apart_by_what_they_share() -> None:
    twins = scene(("circle", "red", "small", 20, 50), ("circle", "red", "small", 80, 50))
    assert facts.refer(np.random.default_rng(0), twins, twins.items[0]) is None
    assert not answers(twins, r"(what|which) colou?r is the circle")


def test_a_direction_is_asked_only_where_it_is_plain() -> None:
    close = scene(("circle", "red", "small", 48, 20), ("square", "blue", "small", 52, 80))
    assert not facts.lies(close, close.items[0], close.items[1], "left")
    assert facts.lies(close, close.items[0], close.items[1], "above")
    assert facts.extreme(close, "left") is None
    assert facts.only_beside(close, close.items[1], "above") is close.items[0]


def test_pixels_show_the_items_and_items_do_not_overlap() -> None:
    rng = np.random.default_rng(7)
    for _ in range(SAMPLES):
        drawn, picture = draw_scene(rng, (96, 80))
        assert picture.pixels.shape == (drawn.height, drawn.width, 3)
        assert picture.pixels.dtype == np.uint8
        for place, item in enumerate(drawn.items):
            assert _seen_colour(picture.pixels, item) == item.colour
            others = drawn.items[:place]
            assert all(math.hypot(item.x - o.x, item.y - o.y) > item.radius + o.radius for o in others)


def test_regions_lie_on_their_shapes_and_say_what_they_are() -> None:
    rng = np.random.default_rng(12)
    for _ in range(60):
        drawn, picture = draw_scene(rng, (96, 80))
        for item, region in zip(drawn.items, item_regions(drawn), strict=True):
            left, top, right, bottom = np.multiply(region.box, (drawn.width, drawn.height) * 2)
            assert 0 <= left < right <= drawn.width
            assert 0 <= top < bottom <= drawn.height
            found = Item(item.shape, "", "", (left + right) / 2, (top + bottom) / 2, (right - left) / 2)
            colour, noun, size = COLOURS[_seen_colour(picture.pixels, found)].word, SHAPES[item.shape], SIZES[item.size]
            assert set(region.words) == {colour.en, colour.zh, noun.en, noun.zh, size.en, size.zh}
            assert region.span == (0.0, 1.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_region_holds_its_whole_shape_and_little_more(shape: str) -> None:
    canvas = Scene(96, 64, (Item(shape, "black", "large", 60, 30, 20),), "white")
    pixels = paint_scene(
        np.random.default_rng(3), canvas, Pixels.new("RGB", (96, 64), (255, 255, 255)), [(255, 255, 255)]
    )
    (region,) = item_regions(canvas)
    left, top, right, bottom = np.multiply(region.box, (96, 64) * 2)
    rows, columns = np.nonzero(pixels.mean(axis=2) < 128)
    assert left - 1 <= columns.min() < columns.max() <= right
    assert top - 1 <= rows.min() < rows.max() <= bottom
    assert len(rows) > 0.25 * (right - left) * (bottom - top)


def test_training_scenes_tell_the_regions_of_their_items() -> None:
    sample = Scenes().alike(np.random.default_rng(13))(np.random.default_rng(14))
    (picture,) = sample.media
    assert isinstance(picture, Image)
    height, width = picture.pixels.shape[:2]
    rng = np.random.default_rng(14)
    drawn, _ = draw_scene(rng, (width, height), nameless=rng.random() < NAMELESS)
    assert sample.regions == item_regions(drawn) != ()


def _seen_colour(pixels: np.ndarray, item: Item) -> str:
    """Name the median colour inside an item: at its centre, or in the band of a ring."""
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    distance = np.hypot(columns - item.x, rows - item.y) / item.radius
    inside = (distance > 0.68) & (distance < 0.76) if item.shape == "ring" else distance < 0.25
    seen = np.median(pixels[inside], axis=0)
    return min(COLOURS, key=lambda name: _nearest(seen, name))


def _nearest(seen: np.ndarray, name: str) -> float:
    rng = np.random.default_rng(0)
    return min(math.dist(seen, COLOURS[name].draw(rng)) for _ in range(60))


def test_the_area_painted_is_the_area_of_the_shape() -> None:
    for shape in SHAPES:
        canvas = Scene(96, 96, (Item(shape, "black", "large", 48, 48, 30),), "white")
        pixels = paint_scene(
            np.random.default_rng(3), canvas, Pixels.new("RGB", (96, 96), (255, 255, 255)), [(255, 255, 255)]
        )
        corners = polygon(shape, 30, 0)
        x, y = corners.T
        area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2 * (1 - 0.55**2 if shape == "ring" else 1)
        assert (pixels.mean(axis=2) < 128).sum() == pytest.approx(area, rel=0.12)
    assert set(OUTLINES) == set(SHAPES)


def test_held_out_combinations_are_in_every_validation_scene_and_never_in_training() -> None:
    rng = np.random.default_rng(8)
    for _ in range(SAMPLES):
        train, _ = draw_scene(rng, (96, 80))
        held_out, _ = draw_scene(rng)
        assert not HELD_OUT_PAIRS & {(item.shape, item.colour) for item in train.items}
        assert HELD_OUT_PAIRS & {(item.shape, item.colour) for item in held_out.items}
    assert not {word.en for word in STRANGE_THINGS} & {word.en for word in HELD_OUT_THINGS}


def test_training_never_names_a_held_out_combination() -> None:
    names = {phrase(SHAPES[shape], hue).en for shape, hue in HELD_OUT_PAIRS}
    rng = np.random.default_rng(9)
    for _ in range(SAMPLES):
        for turn in Scenes().train(rng).turns:
            assert not any(re.search(rf"\b{name}s?\b", turn.question + turn.answer) for name in names)


def test_colours_without_a_name_are_shown_and_never_talked_about() -> None:
    rng = np.random.default_rng(15)
    colours = [word for colour in COLOURS.values() for word in (colour.word.en, colour.word.zh)]
    for _ in range(60):
        drawn, picture = draw_scene(rng, (96, 96), nameless=True)
        assert {item.colour for item in drawn.items} == {""}
        assert len(np.unique(picture.pixels.reshape(-1, 3), axis=0)) > 1
        turns = draw_turns(rng, shape_makers(), drawn, 6)
        assert turns
        told = " ".join(turn.question + turn.answer for turn in turns if turn.kind != "background")
        assert not any(re.search(rf"\b{word}\b", told) for word in colours)
        assert all(len(region.words) == 4 for region in item_regions(drawn))


def test_training_talks_are_long_and_vary() -> None:
    rng = np.random.default_rng(10)
    samples = [Scenes().train(rng) for _ in range(SAMPLES)]
    turns = [turn for sample in samples for turn in sample.turns]
    assert all(3 <= len(sample.turns) <= 8 for sample in samples)
    assert all(len({turn.question for turn in sample.turns}) == len(sample.turns) for sample in samples)
    assert {turn.language for turn in turns} == {"en", "zh"}
    assert {"colour", "shape", "size", "count", "compare", "relation", "exists", "steps", "place", "unanswerable"} <= {
        turn.kind for turn in turns
    }
    yes = sum(turn.answer in {"yes", "是", "有"} for turn in turns)
    no = sum(turn.answer in {"no", "不是", "没有"} for turn in turns)
    assert 0.4 < yes / (yes + no) < 0.6


def test_samples_are_reproducible() -> None:
    domain = Scenes()
    first, second = (domain.train(np.random.default_rng(11)) for _ in range(2))
    assert first.turns == second.turns
    assert np.array_equal(first.media[0].pixels, second.media[0].pixels)  # type: ignore[union-attr]
    for index in (0, 1, 500, 999):
        first, second = domain.validation(index), domain.validation(index)
        assert first.turns == second.turns
        assert len(first.turns) == 1
        assert np.array_equal(first.media[0].pixels, second.media[0].pixels)  # type: ignore[union-attr]
