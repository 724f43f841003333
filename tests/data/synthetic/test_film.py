"""Regions of a film: where its frames show each actor, when, and which way it goes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.data.synthetic.watching import centres, masks

from sensorium.data.sample import Region
from sensorium.data.synthetic import events, motions
from sensorium.data.synthetic.film import Stage, actor_regions, build_stage, draw_size, paint
from sensorium.data.synthetic.moving import MovingShapes
from sensorium.data.synthetic.moving_phrasings import DIRECTIONS
from sensorium.data.synthetic.names import COLOURS, SHAPES
from sensorium.data.synthetic.takes import Shot, Take
from sensorium.inputs.features import video_features
from sensorium.inputs.spec import VideoSpec
from sensorium.media.types import VideoClip

WAYS = {word for way in DIRECTIONS.values() for word in (way.en, way.zh)}
HUES = {word for colour in COLOURS.values() for word in (colour.word.en, colour.word.zh)}


def films(scenario: Any, count: int = 30, *, alone: bool = True) -> Iterator[tuple[Shot, Stage, NDArray[np.bool_]]]:
    """Films of a scenario, and where their frames show anything: [frames, height, width]."""
    for seed in range(count):
        rng = np.random.default_rng([seed, 9])
        take = Take(np.random.default_rng([seed, 8]), build_stage(rng, draw_size(rng)), held_out=False)
        shot = scenario(take)
        if not alone or len(shot.actors) == 1:
            clip = paint(np.random.default_rng(1), take.stage, shot.actors)
            yield shot, take.stage, masks(clip, take.stage)


def shown_in(region: Region, frames: int) -> list[int]:
    """The frames that a region is about."""
    pairs = -(-frames // 2)
    start, end = np.multiply(region.span, pairs)
    assert (start, end) == pytest.approx((round(start), round(start) + 1))  # two frames, those of one tubelet
    return list(range(2 * round(start), min(2 * round(start) + 2, frames)))


@pytest.mark.parametrize("scenario", [motions.travel, motions.bounce, events.resize, events.blink, events.arrive])
def test_regions_hold_their_actor_while_it_is_seen(scenario: Any) -> None:
    watched = 0
    for shot, stage, mask in films(scenario):
        regions = actor_regions(stage, shot.actors)
        told = [shown_in(region, len(mask)) for region in regions]
        seen = {frame // 2 for frame in np.flatnonzero(mask.any(axis=(1, 2)))}
        assert [frames[0] // 2 for frames in told] == sorted(seen)
        for region, frames in zip(regions, told, strict=True):
            left, top, right, bottom = np.multiply(region.box, (stage.width, stage.height) * 2)
            rows, columns = np.nonzero(mask[frames].any(axis=0))
            assert left - 1.5 <= columns.min() < columns.max() <= right + 0.5
            assert top - 1.5 <= rows.min() < rows.max() <= bottom + 0.5
            assert len(rows) > 0.15 * (right - left) * (bottom - top)
            watched += 1
    assert watched > 30


def test_direction_words_are_those_of_the_step_that_is_seen() -> None:
    told = set()
    for scenario in (motions.travel, motions.bounce, motions.turn_back):
        for shot, stage, mask in films(scenario):
            path = centres(mask)
            for region in actor_regions(stage, shot.actors):
                first, *others = shown_in(region, len(mask))
                ways = WAYS & set(region.words)
                step = path[others[0]] - path[first] if others else np.zeros(2)
                if np.abs(step).max() < 0.2:
                    assert not ways
                elif np.abs(step).max() > 2.0:
                    x, y = (0 if abs(part) < 0.35 * np.abs(step).max() else int(np.sign(part)) for part in step)
                    assert ways == {DIRECTIONS[x, y].en, DIRECTIONS[x, y].zh}
                    told.add((x, y))
    assert len(told) >= 6


@pytest.mark.parametrize("scenario", [motions.still, events.appear, events.resize, events.rotate])
def test_what_stays_in_its_place_has_no_direction(scenario: Any) -> None:
    for shot, stage, _ in films(scenario, 10, alone=False):
        assert not any(WAYS & set(region.words) for region in actor_regions(stage, shot.actors))


def test_regions_say_shape_and_colour_in_both_languages() -> None:
    for shot, stage, _ in films(motions.race, 10, alone=False):
        for who in shot.actors:
            noun, hue = SHAPES[who.shape], COLOURS[who.colour].word
            regions = actor_regions(stage, [who])
            assert all({noun.en, noun.zh, hue.en, hue.zh} <= set(region.words) for region in regions)
            assert all(HUES & set(region.words) == {hue.en, hue.zh} for region in regions)


def test_a_colour_that_changes_is_not_said() -> None:
    for shot, stage, _ in films(events.recolour, 10, alone=False):
        lead, *others = shot.actors
        assert not any(HUES & set(region.words) for region in actor_regions(stage, [lead]))
        assert all(HUES & set(region.words) for region in actor_regions(stage, others))


def test_training_films_tell_regions_inside_them_and_as_long_as_a_tubelet() -> None:
    odd = 0
    for seed in range(30):
        sample = MovingShapes().train(np.random.default_rng(seed))
        (clip,) = sample.media
        assert isinstance(clip, VideoClip)
        frames, _ = video_features(clip, VideoSpec())
        odd += len(clip.frames) % 2
        assert sample.regions
        for region in sample.regions:
            assert min(*region.box, *region.span) >= 0.0
            assert max(*region.box, *region.span) <= 1.0
            assert np.diff(region.span) * len(frames) == pytest.approx(2.0)
            shown_in(region, len(clip.frames))
    assert odd > 3
