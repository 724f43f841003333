"""Lessons: every medium is named by its answers, every region by its words and by the rows that see it."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sensorium.chat.message import Text, user
from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.data.sample import Region, Sample, Turn
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.carrier import MediaBatch
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import AudioClip, Image, Media, VideoClip
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.training.lesson import prepare_named, region_rows, row_grid

WHOLE = (0.0, 0.0, 1.0, 1.0)

PICTURE = Image(np.random.default_rng(0).integers(0, 256, (32, 64, 3), np.uint8))
SOUND = AudioClip(np.random.default_rng(1).normal(0, 0.1, 9000).astype(np.float32))
FILM = VideoClip(np.random.default_rng(2).integers(0, 256, (4, 32, 48, 3), np.uint8), np.arange(4) / 4, 1.0)


@pytest.fixture
def assembler(tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Assembler:
    return Assembler(tiny_tokenizer, tiny_config.inputs)


# Which rows a region has


ends = st.lists(st.floats(-0.5, 1.5), min_size=2, max_size=2).map(sorted)


@given(across=ends, down=ends, span=ends, grid=st.tuples(*[st.integers(1, 9)] * 3))
def test_rows_sum_to_one_wherever_a_region_lies(
    across: list[float], down: list[float], span: list[float], grid: tuple[int, int, int]
) -> None:
    region = Region((), (across[0], down[0], across[1], down[1]), (span[0], span[1]))
    rows = region_rows(region, grid)
    assert rows.shape == (math.prod(grid),)
    assert rows.dtype == np.float32
    assert rows.min() >= 0.0
    assert rows.sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (WHOLE, [[1 / 8] * 4] * 2),
        ((0.25, 0.5, 0.75, 1.0), [[0, 0, 0, 0], [0, 1 / 2, 1 / 2, 0]]),
        ((0.125, 0.0, 0.5, 0.5), [[1 / 3, 2 / 3, 0, 0], [0, 0, 0, 0]]),
        ((0.8, 0.25, 0.9, 1.0), [[0, 0, 0, 1 / 3], [0, 0, 0, 2 / 3]]),
        ((0.5, -0.2, 0.75, 0.3), [[0, 0, 1, 0], [0, 0, 0, 0]]),
        ((0.6, 0.7, 0.6, 0.7), [[0, 0, 0, 0], [0, 0, 1, 0]]),  # a point
        ((1.1, 1.2, 1.3, 1.4), [[0, 0, 0, 0], [0, 0, 0, 1]]),  # outside: the nearest
        ((-0.4, -0.3, -0.1, -0.1), [[1, 0, 0, 0], [0, 0, 0, 0]]),
    ],
)
def test_cells_count_by_how_much_of_the_region_they_hold(
    box: tuple[float, float, float, float], expected: list[list[float]]
) -> None:
    rows = region_rows(Region((), box), (1, 2, 4)).reshape(2, 4)
    np.testing.assert_allclose(rows, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0.0, 1.0), [1 / 4] * 4),
        ((0.25, 0.75), [0, 1 / 2, 1 / 2, 0]),
        ((0.5, 0.625), [0, 0, 1, 0]),
        ((0.0, 0.375), [2 / 3, 1 / 3, 0, 0]),
        ((1.0, 1.0), [0, 0, 0, 1]),
    ],
)
def test_a_span_chooses_times(span: tuple[float, float], expected: list[float]) -> None:
    rows = region_rows(Region((), (0.5, 0.0, 1.0, 1.0), span), (4, 1, 2)).reshape(4, 2)
    np.testing.assert_allclose(rows, [[0, share] for share in expected], atol=1e-6)


def sights(model: EarlyFusion, batch: MediaBatch, spec: InputSpec) -> NDArray[np.float64]:
    """Time, row and column of the grid, around which the pixels lie that change each row: [S, 3]."""
    pixels = batch.features[0].float().requires_grad_()
    (rows,) = model.rows(MediaBatch(batch.modality, (pixels,), batch.spans, batch.times))
    steps = (1, *[spec.image.multiple] * 2) if pixels.ndim == 3 else (spec.video.tubelet, *[spec.video.multiple] * 2)
    centres = []
    for row in rows:
        (slope,) = torch.autograd.grad(row @ torch.linspace(-1.0, 1.0, len(row)), pixels, retain_graph=True)
        energy = slope.square().reshape(-1, *slope.shape[-3:]).sum(dim=1).numpy()  # [F, height, width]
        places = np.indices(energy.shape).reshape(3, -1).T
        centres.append(np.average(places, axis=0, weights=energy.ravel()) / np.array(steps))
    return np.stack(centres)


@pytest.mark.parametrize(("media", "grid"), [(PICTURE, (1, 2, 4)), (FILM, (2, 2, 3))], ids=["picture", "film"])
def test_regions_beside_each_other_have_rows_that_see_side_by_side(
    make_nano: Callable[[int], EarlyFusion], assembler: Assembler, media: Media, grid: tuple[int, int, int]
) -> None:
    talk = assembler.talk([user(media)], ask=True)
    assert row_grid(talk.items[0], assembler.spec) == grid
    shown = assembler.batch([talk]).media[0]
    centres = np.mean([sights(make_nano(seed), shown, assembler.spec) for seed in range(6)], axis=0)
    assert len(centres) == talk.items[0].rows
    cells = np.empty((*grid, 3))
    for place in np.ndindex(*grid):
        (start, top, left), (end, bottom, right) = np.divide(place, grid), np.divide(np.add(place, 1), grid)
        rows = region_rows(Region((), (left, top, right, bottom), (start, end)), grid)
        assert rows.max() == pytest.approx(1.0, abs=1e-5)
        cells[place] = centres[rows.argmax()]
    for axis in range(3):  # random weights see much of what is around too, but each its own place most
        assert (np.diff(cells[..., axis], axis=axis) > 0.1).all()


# What media and regions are named


def test_every_medium_is_named_by_the_tokens_of_the_answers(assembler: Assembler) -> None:
    turns = (
        Turn("What is it?", "an ankle boot", "name"),
        Turn("Is it red?", "no", "is it", weight=0.2),
        Turn("Describe it.", "zz", "caption", weight=0.0),
    )
    lesson = prepare_named(Sample((PICTURE, SOUND, FILM), turns, "things"), assembler)
    told = {assembler.tokenizer.special(END)}.union(*(assembler.tokenizer.encode(Text(turn.answer)) for turn in turns))
    told -= set(assembler.tokenizer.encode(Text("z")))  # weighs nothing
    assert [name.item for name in lesson.names] == [0, 1, 2]
    for name, item in zip(lesson.names, lesson.talk.items, strict=True):
        assert sorted(name.ids) == sorted(told)
        np.testing.assert_allclose(name.rows, np.full(item.rows, 1 / item.rows), rtol=1e-6)
    assert lesson.answered


def test_a_line_that_is_read_is_named_by_its_letters(assembler: Assembler) -> None:
    turns = (Turn("Read it.", "What", "read", measure="characters"),)
    (name,) = prepare_named(Sample((PICTURE,), turns, "reading"), assembler).names
    letters = {token for letter in "What" for token in assembler.tokenizer.encode(Text(letter))}
    assert set(name.ids) == {assembler.tokenizer.special(END), *letters}
    assert not set(assembler.tokenizer.encode(Text("What"))) <= letters


def test_a_region_is_named_by_its_words_alone_and_within_a_sentence(assembler: Assembler) -> None:
    regions = (Region(("red", "圆形"), (0.5, 0.0, 1.0, 1.0)), Region(("4",), (0.0, 0.0, 0.25, 0.5)))
    lesson = prepare_named(Sample((PICTURE, SOUND), (Turn("What?", "a", "name"),), "scenes", regions), assembler)
    encode = assembler.tokenizer.encode
    _, _, words, letter = lesson.names
    assert (words.item, letter.item) == (0, 0)
    expected = {token for word in ("red", " red", "圆形", " 圆形") for token in encode(Text(word))}
    assert sorted(words.ids) == sorted(expected)
    assert list(letter.ids) == encode(Text("4", spelled=True))  # as in a line: no space before it
    for name, region in zip((words, letter), regions, strict=True):
        np.testing.assert_array_equal(name.rows, region_rows(region, (1, 2, 4)))


def test_regions_of_a_film_have_times(assembler: Assembler) -> None:
    region = Region(("up",), WHOLE, (0.5, 1.0))
    lesson = prepare_named(Sample((FILM,), (Turn("What?", "a", "name"),), "moving", (region,)), assembler)
    np.testing.assert_allclose(lesson.names[1].rows, [0.0] * 6 + [1 / 6] * 6, atol=1e-6)


@pytest.mark.parametrize("regions", [(), (Region(("red",), WHOLE),)], ids=["plain", "with a region"])
def test_a_medium_of_which_nothing_is_told_has_no_name(assembler: Assembler, regions: tuple[Region, ...]) -> None:
    turns = (Turn("What?", "a boot", "name", weight=0.0),)
    whole, *parts = prepare_named(Sample((PICTURE,), turns, "things", regions), assembler).names
    assert whole.ids == ()
    assert len(parts) == len(regions)
    assert all(part.ids for part in parts)


def test_without_turns_there_is_nothing_to_learn(assembler: Assembler) -> None:
    lesson = prepare_named(Sample((PICTURE,), (), "things"), assembler)
    assert (lesson.talk.ids, lesson.talk.items, lesson.names) == ([], [], ())


def test_a_lesson_that_is_only_named_is_the_same_lesson(assembler: Assembler) -> None:
    sample = Sample((PICTURE,), (Turn("What?", "a boot", "name"),), "things", (Region(("boot",), WHOLE),))
    told, named = prepare_named(sample, assembler), prepare_named(sample, assembler, answered=False)
    assert (told.answered, named.answered) == (True, False)
    assert (told.talk.ids, told.talk.weights) == (named.talk.ids, named.talk.weights)
    assert [name.ids for name in told.names] == [name.ids for name in named.names]
