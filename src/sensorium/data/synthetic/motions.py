"""Scenarios of films in which shapes move, or do not: direction, turning back, stopping, speed, bouncing."""

import numpy as np

from sensorium.data.phrasing import Word
from sensorium.data.synthetic import moving_phrasings as say
from sensorium.data.synthetic.draws import between, one_of, some_of, weighted, whole
from sensorium.data.synthetic.film import Actor, Path, call, moved, reach, straight
from sensorium.data.synthetic.names import COLOURS, SHAPES
from sensorium.data.synthetic.takes import (
    Shot,
    Take,
    anything_moves,
    caption,
    common_questions,
    company,
    does_move,
    happening,
)
from sensorium.data.synthetic.truths import Question, whether

_Vector = tuple[int, int]
_CARDINAL: tuple[_Vector, ...] = tuple(say.SIDES)
_DIAGONAL: tuple[_Vector, ...] = tuple(way for way in say.DIRECTIONS if way not in say.SIDES)


def _way(rng: np.random.Generator) -> _Vector:
    return one_of(rng, _CARDINAL if rng.random() < 0.7 else _DIAGONAL)


def _track(take: Take, who: Actor, vector: _Vector, share: float) -> tuple[Path, Path]:
    """Return a start and an end, `share` of the possible way apart along `vector`, elsewhere at random."""
    rng, stage = take.rng, take.stage
    radius = float(who.radii.max())
    room = np.array(reach(stage, radius))
    step = np.array(vector, float)
    if step.all():  # a diagonal of 45 degrees, whatever the proportions
        step *= room.min() / room
    start = rng.uniform(0.0, 1.0, 2) * (1.0 - np.abs(step) * share)
    start += np.where(step < 0, np.abs(step) * share, 0.0)
    return start * room + radius + 1, (start + step * share) * room + radius + 1


def travel(take: Take) -> Shot:
    """One shape crosses the picture; others may stand by. It may stop half-way."""
    rng = take.rng
    lead, *extras = take.cast(company(rng))
    vector = _way(rng)
    start, end = _track(take, lead, vector, between(rng, 0.6, 0.95))
    stops = rng.random() < 0.25
    along = np.minimum(take.stage.along / between(rng, 0.45, 0.6), 1.0) if stops else take.stage.along
    lead = moved(lead, start + (end - start) * along[:, None])
    actors = take.with_others([lead], extras)
    thing, way = call(rng, lead, actors), say.DIRECTIONS[vector]
    asked = way if rng.random() < 0.5 else one_of(rng, [each for each in say.DIRECTIONS.values() if each != way])
    questions = [
        *[Question(say.DIRECTION, way, "direction", {"thing": thing})] * 3,
        whether(say.GOES_THERE, asked == way, "is it that way", thing=thing, way=asked),
        happening(take, actors, Word(f"it moves {way.en}", f"向{way.zh}移动")),
        anything_moves(True),
        Question(say.DOES_STOP, say.STOPPED if stops else say.UNSTOPPED, "does it stop", {"thing": thing}),
        *_which_moves(lead, actors),
        *_sides(take, lead, actors, vector),
        *common_questions(take, actors),
        caption(f"{lead.a} moves {way.en}", f"{lead.word.zh}向{way.zh}移动"),
    ]
    if len(actors) > 1:
        who = one_of(rng, actors)
        questions.append(does_move(take, who, actors, who is lead))
    return Shot(tuple(actors), tuple(questions))


def _which_moves(lead: Actor, actors: list[Actor]) -> list[Question]:
    questions = [
        Question(say.WHAT_MOVES, lead.word, "what moves"),
        Question(say.COLOUR_OF_MOVING, COLOURS[lead.colour].word, "moving colour"),
        Question(say.SHAPE_OF_MOVING, Word(lead.shape, SHAPES[lead.shape].zh), "moving shape"),
    ]
    return questions + ([Question(say.HOW_MANY_MOVE, 1, "count moving")] if len(actors) > 1 else [])


def _sides(take: Take, lead: Actor, actors: list[Actor], vector: _Vector) -> list[Question]:
    """Where it starts and ends, for a way that is plainly along one side and crosses the middle."""
    if vector not in say.SIDES:
        return []
    axis = 0 if vector[0] else 1
    middle = (take.stage.width, take.stage.height)[axis] / 2
    first, last = lead.centres[0, axis] - middle, lead.centres[-1, axis] - middle
    if first * last > 0 or min(abs(first), abs(last)) < 0.12 * take.stage.side:
        return []
    thing = call(take.rng, lead, actors)
    return [
        Question(say.SIDE_AT_START, say.SIDES[(-vector[0], -vector[1])], "side at start", {"thing": thing}),
        Question(say.SIDE_AT_END, say.SIDES[vector], "side at end", {"thing": thing}),
    ]


def turn_back(take: Take) -> Shot:
    """A shape goes one way and then another: back, or round a corner."""
    rng = take.rng
    lead, *extras = take.cast(company(rng, 2))
    first = one_of(rng, _CARDINAL)
    last = (
        (-first[0], -first[1])
        if rng.random() < 0.5
        else one_of(rng, [way for way in _CARDINAL if not _along(way, first)])
    )
    there, corner = _track(take, lead, first, between(rng, 0.55, 0.9))
    radius = float(lead.radii.max())
    room = np.array(reach(take.stage, radius))
    step = np.array(last, float)
    here = (corner - radius - 1) / room
    if not _along(first, last):  # the corner must leave room for the second leg
        axis = 0 if last[0] else 1
        here[axis] = between(rng, 0.0, 0.35) if step[axis] > 0 else between(rng, 0.65, 1.0)
        there[axis] = corner[axis] = here[axis] * room[axis] + radius + 1
    far = np.clip(here + step * between(rng, 0.55, 0.9), 0.0, 1.0) * room + radius + 1
    along = take.stage.along[:, None]
    lead = moved(
        lead, np.where(along < 0.5, there + (corner - there) * along * 2, corner + (far - corner) * (along * 2 - 1))
    )
    actors = take.with_others([lead], extras)
    thing = call(rng, lead, actors)
    one, two = say.DIRECTIONS[first], say.DIRECTIONS[last]
    questions = [
        *[Question(say.FIRST_WAY, one, "first direction", {"thing": thing})] * 2,
        *[Question(say.LAST_WAY, two, "last direction", {"thing": thing})] * 2,
        anything_moves(True),
        *_which_moves(lead, actors),
        *common_questions(take, actors),
        caption(f"{lead.a} moves {one.en}, then {two.en}", f"{lead.word.zh}先向{one.zh}、再向{two.zh}移动"),
    ]
    return Shot(tuple(actors), tuple(questions))


def _along(one: _Vector, other: _Vector) -> bool:
    return one[0] * other[0] + one[1] * other[1] != 0


def race(take: Take) -> Shot:
    """Two shapes on two lanes, one at least twice as fast as the other."""
    rng, stage = take.rng, take.stage
    pair = take.cast(2)
    across = rng.random() < 0.5
    axis = 0 if across else 1
    way: _Vector = (one_of(rng, (-1, 1)), 0) if across else (0, one_of(rng, (-1, 1)))
    opposite = rng.random() < 0.3
    shares = some_of(rng, (between(rng, 0.75, 0.95), between(rng, 0.28, 0.38)), 2)
    lanes = some_of(rng, (between(rng, 0.0, 0.12), between(rng, 0.88, 1.0)), 2)
    racers = []
    for place, (who, share, lane) in enumerate(zip(pair, shares, lanes, strict=True)):
        sign = -1 if opposite and place else 1
        start, end = _track(take, who, (way[0] * sign, way[1] * sign), share)
        radius = float(who.radii.max())
        start[1 - axis] = end[1 - axis] = lane * reach(stage, radius)[1 - axis] + radius + 1
        racers.append(moved(who, straight(stage, start, end)))
    fast, slow = racers if shares[0] > shares[1] else racers[::-1]
    names = [Word(f"the {who.word.en}", who.word.zh) for who in some_of(rng, racers, 2)]
    slots: dict[str, Word | str | int] = {"one": names[0], "two": names[1]}
    ways = [way, (-way[0], -way[1]) if opposite else way]
    place = whole(rng, 0, 1)
    questions = [
        *[Question(say.FASTER, fast.word, "faster", slots)] * 2,
        *[Question(say.SLOWER, slow.word, "slower", slots)] * 2,
        Question(say.DIRECTION, say.DIRECTIONS[ways[place]], "direction", {"thing": call(rng, racers[place], racers)}),
        Question(say.HOW_MANY_MOVE, 2, "count moving"),
        anything_moves(True),
        *common_questions(take, racers),
        caption(f"{fast.a} is faster than {slow.a}", f"{fast.word.zh}比{slow.word.zh}快"),
    ]
    return Shot(tuple(racers), tuple(questions))


def meet(take: Take) -> Shot:
    """Two shapes come together or move apart on one line."""
    rng, stage = take.rng, take.stage
    pair = take.cast(2)
    axis = whole(rng, 0, 1)
    together = rng.random() < 0.5
    lane = between(rng, 0.1, 0.9)
    actors = []
    for who, sign in zip(pair, some_of(rng, (-1, 1), 2), strict=True):
        radius = float(who.radii.max())
        room = np.array(reach(stage, radius))
        middle = np.array([stage.width, stage.height]) / 2
        near, far = middle.copy(), middle.copy()
        near[axis] += sign * (radius + 2)
        far[axis] += sign * room[axis] / 2 * between(rng, 0.9, 1.0)
        near[1 - axis] = far[1 - axis] = lane * room[1 - axis] + radius + 1
        actors.append(moved(who, straight(stage, far, near) if together else straight(stage, near, far)))
    answer = say.TOGETHER if together else say.APART
    questions = [
        *[Question(say.TOGETHER_OR_APART, answer, "together or apart")] * 3,
        Question(say.HOW_MANY_MOVE, 2, "count moving"),
        anything_moves(True),
        *common_questions(take, actors),
        caption(
            f"{pair[0].a} and {pair[1].a} move {answer.en}",
            f"{pair[0].word.zh}和{pair[1].word.zh}互相{answer.zh}",
        ),
    ]
    return Shot(tuple(actors), tuple(questions))


def bounce(take: Take) -> Shot:
    """A shape goes to and fro between two edges, and turns back one to three times."""
    rng, stage = take.rng, take.stage
    lead, *extras = take.cast(company(rng, 2))
    count = whole(rng, 1, 3)
    axis = whole(rng, 0, 1)
    radius = float(lead.radii.max())
    room = np.array(reach(stage, radius))
    begin, last = between(rng, 0.05, 0.4), between(rng, 0.05, 0.4)
    legs = (count + 1 - begin - last) * stage.along + begin  # distance in widths of the room, from the first edge
    place = np.abs((legs + 1) % 2 - 1)  # 0 … 1 and back
    if rng.random() < 0.5:
        place = 1 - place
    centres = np.tile(rng.uniform(0.1, 0.9, 2) * room, (len(stage.times), 1))
    centres[:, axis] = place * room[axis]
    lead = moved(lead, centres + radius + 1)
    actors = take.with_others([lead], extras)
    thing = call(rng, lead, actors)
    questions = [
        *[Question(say.HOW_MANY_BOUNCES, count, "count bounces", {"thing": thing})] * 3,
        happening(take, actors, say.BOUNCES),
        anything_moves(True),
        *_which_moves(lead, actors),
        *common_questions(take, actors),
        caption(f"{lead.a} bounces {say.TIMES[count]}", f"{lead.word.zh}弹了{count}次"),
    ]
    return Shot(tuple(actors), tuple(questions))


def still(take: Take) -> Shot:
    """Nothing moves."""
    rng = take.rng
    actors = take.with_others([], take.cast(weighted(rng, ((0.4, 1), (0.3, 2), (0.3, 3)))))
    thing = call(rng, actors[0], actors)
    questions = [
        *[anything_moves(False)] * 2,
        does_move(take, actors[0], actors, False),
        Question(say.DIRECTION, say.DOES_NOT_MOVE, "direction", {"thing": thing}),
        happening(take, actors, say.NOTHING),
        Question(say.SIZE_CHANGE, say.UNCHANGED, "size change", {"thing": thing}),
        Question(say.DOES_ROTATE, say.UNTURNED, "does it rotate", {"thing": thing}),
        *common_questions(take, actors),
        caption(f"a still {actors[0].word.en}", f"静止的{actors[0].word.zh}"),
    ]
    return Shot(tuple(actors), tuple(questions))
