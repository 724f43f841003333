"""Every answer about a film, measured again on its frames."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.data.synthetic.watching import centres, masks, runs, turned

from sensorium.data.synthetic import events, motions
from sensorium.data.synthetic import moving_phrasings as say
from sensorium.data.synthetic.film import Stage, build_stage, draw_size, paint
from sensorium.data.synthetic.layout import HELD_OUT_PAIRS
from sensorium.data.synthetic.moving import MovingShapes
from sensorium.data.synthetic.names import COLOURS
from sensorium.data.synthetic.takes import Shot, Take
from sensorium.media.types import VideoClip


def _films(scenario: Any, count: int = 40, *, alone: bool = True) -> Iterator[tuple[Shot, Stage, VideoClip]]:
    for seed in range(count):
        rng = np.random.default_rng([seed, 6])
        take = Take(rng, build_stage(rng, draw_size(rng)), held_out=seed % 4 == 0)
        shot = scenario(take)
        if not alone or len(shot.actors) == 1:
            yield shot, take.stage, paint(np.random.default_rng(1), take.stage, shot.actors)


def _answer(shot: Shot, kind: str) -> Any:
    answers = {str(question.answer): question.answer for question in shot.questions if question.kind == kind}
    assert len(answers) <= 1, f"{kind}: contradicting answers {answers}"
    return next(iter(answers.values()), None)


def _named(step: np.ndarray, still: float = 2.0) -> Any:
    if np.abs(step).max() < still:
        return say.DOES_NOT_MOVE
    x, y = (0 if abs(part) < 0.3 * np.abs(step).max() else int(np.sign(part)) for part in step)
    return say.DIRECTIONS[x, y]


def test_shapes_travel_the_way_they_are_said_to_and_stop_when_they_are_said_to() -> None:
    for shot, stage, clip in _films(motions.travel, 80):
        path = centres(masks(clip, stage))
        assert _named(path[-1] - path[0]) == _answer(shot, "direction")
        rests = np.abs(path[-1] - path[-2]).max() < 0.5
        assert _answer(shot, "does it stop") == (say.STOPPED if rests else say.UNSTOPPED)
        side = _answer(shot, "side at end")
        if side is not None:
            assert side["en"] in {"left", "right", "top", "bottom"}
            axis = 0 if side["en"] in {"left", "right"} else 1
            beyond = path[-1, axis] - clip.frames.shape[2 - axis] / 2
            assert (beyond > 0) == (side["en"] in {"right", "bottom"})


def test_shapes_turn_back_or_round_a_corner() -> None:
    for shot, stage, clip in _films(motions.turn_back, 60):
        path = centres(masks(clip, stage))
        middle = int(np.searchsorted(stage.along, 0.5))
        assert _named(path[middle - 1] - path[0]) == _answer(shot, "first direction")
        assert _named(path[-1] - path[middle]) == _answer(shot, "last direction")


def _own(shot: Shot, clip: VideoClip, place: int) -> np.ndarray:
    """Where one actor's own colour is, in each frame; without grain."""
    fill = np.array(shot.actors[place].fills[0])
    return np.asarray(np.abs(clip.frames.astype(int) - fill).max(axis=3) < 12)


def test_the_faster_shape_covers_more_ground() -> None:
    for shot, _, clip in _films(motions.race, 40, alone=False):
        ways = [np.abs(np.ptp(centres(_own(shot, clip, place)), axis=0)).max() for place in (0, 1)]
        fast, slow = np.argmax(ways), np.argmin(ways)
        assert ways[fast] > 1.7 * ways[slow]
        assert _answer(shot, "faster") == shot.actors[fast].word
        assert _answer(shot, "slower") == shot.actors[slow].word


def test_two_shapes_meet_or_part() -> None:
    for shot, _, clip in _films(motions.meet, 30, alone=False):
        one, two = (centres(_own(shot, clip, place)) for place in (0, 1))
        distance = np.hypot(*(one - two).T)
        assert _answer(shot, "together or apart") == (say.TOGETHER if distance[-1] < distance[0] else say.APART)


def test_bounces_are_counted() -> None:
    for shot, stage, clip in _films(motions.bounce, 60):
        path = centres(masks(clip, stage))
        axis = int(np.argmax(np.ptp(path, axis=0)))
        ways = np.sign(np.diff(path[:, axis]))
        changes = [
            way for way, before in zip(ways[1:], ways, strict=False) if way != before and way != 0 and before != 0
        ]
        assert abs(len(changes) - _answer(shot, "count bounces")) <= (1 if (ways == 0).any() else 0)


def test_nothing_moves_in_a_still_film() -> None:
    for shot, stage, clip in _films(motions.still, 30, alone=False):
        mask = masks(clip, stage)
        if (clip.frames[0] == clip.frames[-1]).all():
            assert (mask == mask[0]).all()
        assert _answer(shot, "anything moves")["en"] == "no"
        assert _answer(shot, "direction") == say.DOES_NOT_MOVE


def test_shapes_appear_in_the_order_they_are_said_to() -> None:
    for shot, _, clip in _films(events.appear, 40, alone=False):
        if _answer(shot, "appears first") is None:
            continue
        first_seen = [int(np.argmax(_own(shot, clip, place).any(axis=(1, 2)))) for place in range(len(shot.actors))]
        assert _answer(shot, "appears first") == shot.actors[int(np.argmin(first_seen))].word
        assert _answer(shot, "appears last") == shot.actors[int(np.argmax(first_seen))].word
        assert min(np.diff(sorted(first_seen))) >= 1


def test_shapes_vanish_and_arrive_when_said() -> None:
    for shot, _, clip in _films(events.vanish, 30, alone=False):
        last_seen = [_own(shot, clip, place).any(axis=(1, 2)).sum() for place in range(len(shot.actors))]
        assert _answer(shot, "vanishes first") == shot.actors[int(np.argmin(last_seen))].word
        assert min(last_seen) < len(clip.frames)
    for shot, stage, clip in _films(events.arrive, 60):
        seen = np.asarray(masks(clip, stage).any(axis=(1, 2)))
        share = stage.along[int(np.argmax(seen))]
        part = say.BEGINNING if share < 0.35 else say.MIDDLE if share < 0.7 else say.END
        assert part == _answer(shot, "when")
        assert not seen[0]


def test_blinks_are_counted_even_in_eight_frames() -> None:
    for shot, stage, clip in _films(events.blink, 60):
        seen = np.asarray(masks(clip, stage).any(axis=(1, 2)))
        assert runs(~seen) == _answer(shot, "count blinks")
        sampled = seen[(np.arange(8) + 0.5).astype(int) * len(seen) // 8]
        assert runs(~sampled) == _answer(shot, "count blinks")


def test_colours_change_as_said() -> None:
    for shot, stage, clip in _films(events.recolour, 40):
        mask = masks(clip, stage)
        for frame, kind in ((0, "colour at start"), (-1, "colour at end")):
            seen = np.median(clip.frames[frame][mask[frame]], axis=0)
            nearest = min(COLOURS.values(), key=lambda colour: float(np.abs(seen - colour.typical).sum()))
            assert nearest.word == _answer(shot, kind)


def test_sizes_change_as_said() -> None:
    for shot, stage, clip in _films(events.resize, 40):
        area = masks(clip, stage).sum(axis=(1, 2))
        assert _answer(shot, "size change") == (say.GROWING if area[-1] > area[0] else say.SHRINKING)
        assert max(area[0], area[-1]) > 2.5 * min(area[0], area[-1])


def test_rotations_have_the_sense_they_are_said_to_have() -> None:
    senses = 0
    for shot, stage, clip in _films(events.rotate, 150):
        mask = masks(clip, stage)
        answer = _answer(shot, "rotation sense")
        if answer is not None:
            angle = turned(mask, 3 if shot.actors[0].shape == "triangle" else 1)
            assert abs(angle) > 50
            assert answer == (say.CLOCKWISE if angle > 0 else say.COUNTER)
            senses += 1
        elif _answer(shot, "does it rotate") == say.UNTURNED:
            assert (mask[0] ^ mask[-1]).sum() < 0.1 * mask[0].sum()
        else:
            assert (mask[0] ^ mask[-1]).any()
    assert senses > 5


def test_only_validation_shows_the_held_out_looks() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        stage = build_stage(rng, draw_size(rng))
        trained = Take(rng, stage, held_out=False).cast(3)
        assert not any((who.shape, who.colour) in HELD_OUT_PAIRS for who in trained)
        lead = Take(rng, stage, held_out=True).cast(2)[0]
        assert (lead.shape, lead.colour) in HELD_OUT_PAIRS


def test_films_have_times_and_sizes_as_promised() -> None:
    domain = MovingShapes()
    rates = set()
    for seed in range(40):
        (clip,) = domain.train(np.random.default_rng(seed)).media
        assert isinstance(clip, VideoClip)
        frames, height, width, channels = clip.frames.shape
        assert clip.frames.dtype == np.uint8
        assert (8 <= frames <= 16, 48 <= height <= 96, 48 <= width <= 96, channels) == (True, True, True, 3)
        assert len(clip.times) == frames
        assert clip.times[0] == 0.0
        assert (np.diff(clip.times) > 0.05).all()
        assert clip.seconds > clip.times[-1]
        rates.add(round(1 / float(np.diff(clip.times).mean())))
    assert len(rates) > 4


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_generator_gives_the_same_film(seed: int) -> None:
    domain = MovingShapes()
    one, two = (domain.train(np.random.default_rng(seed)) for _ in range(2))
    assert one.turns == two.turns
    assert isinstance(one.media[0], VideoClip)
    assert isinstance(two.media[0], VideoClip)
    np.testing.assert_array_equal(one.media[0].frames, two.media[0].frames)


def test_validation_is_numbered_and_has_one_scored_turn() -> None:
    domain = MovingShapes(validation_size=39)
    turns = [domain.validation(index).turns for index in range(domain.validation_size)]
    assert turns == [domain.validation(index).turns for index in range(domain.validation_size)]
    assert all(len(each) == 1 and each[0].weight == 1.0 for each in turns)
    assert len({each[0].kind for each in turns}) > 8
