"""Made matches: words tell what is there, altered words something else, and training never shows what is held out."""

import numpy as np
import pytest

from sensorium.data.matches.made import (
    CaptionedFilms,
    CaptionedScenes,
    CaptionedSounds,
    Lines,
    altered,
)
from sensorium.data.matches.match import Source
from sensorium.data.synthetic.layout import Item, Scene
from sensorium.data.synthetic.names import COLOURS, SHAPES
from sensorium.data.synthetic.scene_facts import caption

SOURCES: tuple[Source, ...] = (CaptionedScenes(), CaptionedFilms(), CaptionedSounds(), Lines())


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_the_same_generator_gives_the_same_match(source: Source) -> None:
    first, second = (source.draw(np.random.default_rng(3))(np.random.default_rng(4)) for _ in range(2))
    assert (first.words, first.key, first.against) == (second.words, second.key, second.against)
    assert first.words
    assert first.against != first.words


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_held_out_matches_have_plain_words_that_are_their_key(source: Source) -> None:
    for index in (0, source.size - 1):
        match = source.held_out(index)
        assert match.words == match.key
        assert match.against != match.words


def test_a_batch_of_scenes_has_one_size_and_captions_in_both_languages() -> None:
    draw = CaptionedScenes().draw(np.random.default_rng(0))
    rng = np.random.default_rng(1)
    found = [draw(rng) for _ in range(40)]
    assert len({match.media[0].pixels.shape for match in found if match.media[0].modality == "image"}) == 1
    assert any(not match.words.isascii() for match in found)
    assert all(match.key.isascii() for match in found)


def test_one_thing_is_altered() -> None:
    items = (Item("circle", "red", "small", 10, 20, 5), Item("square", "blue", "large", 50, 20, 12))
    scene = Scene(64, 64, items, "white")
    assert caption(scene).en == "a small red circle left of a large blue square"
    rng = np.random.default_rng(0)
    found = {caption(altered(rng, scene)).en for _ in range(60)}
    assert "a small blue circle left of a large red square" in found  # colours
    assert "a large blue square left of a small red circle" in found  # places
    assert len(found) > 4
    assert caption(scene).en not in found


def test_a_shape_without_a_colour_becomes_another_shape() -> None:
    scene = Scene(64, 64, (Item("circle", "", "small", 20, 32, 6), Item("square", "", "large", 44, 32, 14)))
    found = {caption(altered(np.random.default_rng(seed), scene)).en for seed in range(60)}
    assert {"a small square left of a large circle", "a large square left of a small circle"} <= found
    assert any("triangle" in words or "star" in words for words in found)
    assert not found & {caption(scene).en}


def test_batches_of_scenes_tell_all_or_shapes_or_colours() -> None:
    hues, forms = tuple(COLOURS), tuple(SHAPES)
    told = set()
    for seed in range(40):
        draw = CaptionedScenes().draw(np.random.default_rng(seed))
        keys = [draw(np.random.default_rng([seed, number])).key for number in range(8)]
        told.add((any(hue in key for key in keys for hue in hues), any(form in key for key in keys for form in forms)))
    assert told == {(True, True), (True, False), (False, True)}


def test_whoever_does_it_has_no_name() -> None:
    films = CaptionedFilms()
    odd = [films.held_out(index).words for index in range(1, 60, 2)]
    colours = ("red", "blue", "green", "pink", "white", "black", "orange", "purple", "yellow", "brown", "gray")
    plain = [words for words in odd if " turns from " not in words]  # there the colours are what happens
    assert plain
    assert not [words for words in plain if any(colour in words.split() for colour in colours)]
    assert "a shape moves left" in {films.held_out(index).words for index in range(1, 780, 26)} | set(odd)
