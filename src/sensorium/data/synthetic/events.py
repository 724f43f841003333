"""Scenarios of films in which shapes change on the spot: appear, vanish, blink, change colour or size, rotate."""

from dataclasses import replace

import numpy as np

from sensorium.data.phrasing import Word
from sensorium.data.synthetic import moving_phrasings as say
from sensorium.data.synthetic.draws import between, one_of, some_of, whole
from sensorium.data.synthetic.film import Actor, call, moved, spot
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
from sensorium.data.synthetic.truths import Question

_LOPSIDED = ("triangle", "heart")  # shapes on which a turn of up to 100 degrees has a sense
_ANGULAR = ("square", "triangle", "star", "heart", "cross", "diamond")


def _placed(take: Take, count: int) -> list[Actor]:
    """Actors standing still, at least one."""
    return take.with_others([], take.cast(count))


def appear(take: Take) -> Shot:
    """Two or three shapes come one after the other, at least two tenths of the film apart."""
    rng = take.rng
    actors = _placed(take, whole(rng, 2, 3))
    if len(actors) == 1:  # no room for another
        return arrive(take)
    moments = np.linspace(0.0, 0.75, len(actors) + 1)[1:] if rng.random() < 0.5 else np.linspace(0.0, 0.7, len(actors))
    order = some_of(rng, range(len(actors)), len(actors))
    shown = [replace(actors[who], shown=take.stage.along >= moment) for who, moment in zip(order, moments, strict=True)]
    first, last = shown[0], shown[-1]
    questions = [
        *[Question(say.APPEARS_FIRST, first.word, "appears first")] * 2,
        *[Question(say.APPEARS_LAST, last.word, "appears last")] * 2,
        *common_questions(take, actors),
        anything_moves(False),
        caption(
            f"first {first.a} appears, then {shown[1].a}",
            f"先出现{first.word.zh}，再出现{shown[1].word.zh}",
        ),
    ]
    return Shot(tuple(shown), tuple(questions))


def vanish(take: Take) -> Shot:
    """One shape, or two in turn, disappear."""
    rng = take.rng
    actors = _placed(take, whole(rng, 1, 2))
    moments = [between(rng, 0.3, 0.45), between(rng, 0.7, 0.85)]
    gone = [replace(who, shown=take.stage.along < moment) for who, moment in zip(actors, moments, strict=False)]
    questions = [
        Question(say.VANISHES_FIRST, gone[0].word, "vanishes first"),
        *[happening(take, gone, say.DISAPPEARS)] * 2,
        *common_questions(take, gone),
        caption(f"{gone[0].a} disappears", f"{gone[0].word.zh}消失了"),
    ]
    return Shot(tuple(some_of(rng, gone, len(gone))), tuple(questions))


def arrive(take: Take) -> Shot:
    """One shape appears early, half-way or late; another may have been there all the time."""
    rng = take.rng
    lead, *others = _placed(take, company(rng, 2))
    part = one_of(rng, (say.BEGINNING, say.MIDDLE, say.END))
    low, high = {say.BEGINNING: (0.13, 0.2), say.MIDDLE: (0.45, 0.55), say.END: (0.75, 0.85)}[part]
    lead = replace(lead, shown=take.stage.along >= between(rng, low, high))
    actors = [lead, *others]
    questions = [
        *[Question(say.WHEN, part, "when", {"thing": call(rng, lead, actors)})] * 2,
        happening(take, actors, say.APPEARS),
        *common_questions(take, actors),
        caption(f"{lead.a} appears", f"{lead.word.zh}出现了"),
    ]
    if others:
        questions.append(Question(say.APPEARS_LAST, lead.word, "appears last"))
    return Shot(tuple(actors), tuple(questions))


def blink(take: Take) -> Shot:
    """A shape goes away and comes back one to three times."""
    rng = take.rng
    lead, *others = _placed(take, company(rng, 2))
    count = whole(rng, 1, 3)
    phase = np.minimum((np.arange(len(take.stage.times)) * (2 * count + 1)) // len(take.stage.times), 2 * count)
    lead = replace(lead, shown=phase % 2 == 0)
    actors = [lead, *others]
    questions = [
        *[Question(say.HOW_MANY_BLINKS, count, "count blinks", {"thing": call(rng, lead, actors)})] * 3,
        happening(take, actors, say.BLINKS),
        *common_questions(take, actors),
        anything_moves(False),
        caption(f"{lead.a} blinks {say.TIMES[count]}", f"{lead.word.zh}闪了{count}次"),
    ]
    return Shot(tuple(actors), tuple(questions))


def recolour(take: Take) -> Shot:
    """A shape changes its colour half-way."""
    rng = take.rng
    lead, *others = _placed(take, company(rng, 2))
    used = {who.colour for who in (lead, *others)}
    name = one_of(rng, [colour for colour in take.stage.colours if colour not in used])
    after = COLOURS[name].draw(rng)
    late = take.stage.along >= between(rng, 0.4, 0.6)
    lead = replace(lead, fills=tuple(after if changed else lead.fills[0] for changed in late))
    actors = [lead, *others]
    noun = Word(f"the {lead.shape}", SHAPES[lead.shape].zh)
    thing = one_of(rng, (noun, Word("it", "它"))) if len(actors) == 1 else noun
    before = COLOURS[lead.colour].word
    questions = [
        *[Question(say.COLOUR_AT_START, before, "colour at start", {"thing": thing})] * 2,
        *[Question(say.COLOUR_AT_END, COLOURS[name].word, "colour at end", {"thing": thing})] * 2,
        Question(say.WHAT_HAPPENS, say.RECOLOURS, "what happens", {"thing": thing}),
        *common_questions(take, actors),
        anything_moves(False),
        caption(
            f"a {lead.shape} turns from {before.en} to {name}", f"{noun.zh}从{before.zh}变成{COLOURS[name].word.zh}"
        ),
    ]
    return Shot(tuple(actors), tuple(questions))


def resize(take: Take) -> Shot:
    """A shape grows or shrinks to at least twice or half its radius."""
    rng, stage = take.rng, take.stage
    lead, *others = take.cast(company(rng, 2))
    small = float(lead.radii[0])
    large = small * between(rng, 2.0, 2.5)
    grows = rng.random() < 0.5
    start, end = (small, large) if grows else (large, small)
    lead = replace(lead, radii=start + (end - start) * stage.along)
    place = spot(rng, stage, large, [])
    middle = np.array([stage.width, stage.height]) / 2
    lead = moved(lead, np.tile(middle if place is None else place, (len(stage.times), 1)))
    actors = take.with_others([lead], others)
    thing = call(rng, lead, actors)
    answer = say.GROWING if grows else say.SHRINKING
    questions = [
        *[Question(say.SIZE_CHANGE, answer, "size change", {"thing": thing})] * 3,
        happening(take, actors, say.GROWS if grows else say.SHRINKS),
        Question(say.DOES_ROTATE, say.UNTURNED, "does it rotate", {"thing": thing}),
        *common_questions(take, actors),
        caption(f"a {answer.en} {lead.word.en}", f"{lead.word.zh}{answer.zh}"),
    ]
    if len(actors) > 1:
        questions.append(
            Question(say.SIZE_CHANGE, say.UNCHANGED, "size change", {"thing": call(rng, actors[1], actors)})
        )
    return Shot(tuple(actors), tuple(questions))


def rotate(take: Take) -> Shot:
    """A shape turns by 80 to 110 degrees on the spot, or only looks as if it might."""
    rng, stage = take.rng, take.stage
    lead, *others = take.cast(company(rng, 2))
    if lead.shape not in _ANGULAR and not take.held_out:
        angular = [who for who in take.cast(6) if who.shape in _ANGULAR]
        lead = angular[0] if angular else lead
        others = [who for who in others if who.shape != lead.shape and who.colour != lead.colour]
    turns = lead.shape in _ANGULAR and rng.random() < 0.75
    sense = one_of(rng, (-1, 1))
    if turns:
        lead = replace(
            lead,
            degrees=lead.degrees + sense * between(rng, 80.0, 110.0) * stage.along,
            radii=np.maximum(lead.radii, 0.16 * stage.side),
        )
    lead = moved(lead, np.tile(np.array([stage.width, stage.height]) / 2, (len(stage.times), 1)))
    place = spot(rng, stage, float(lead.radii[0]), [])
    if place is not None:
        lead = moved(lead, np.tile(place, (len(stage.times), 1)))
    actors = take.with_others([lead], others)
    thing = call(rng, lead, actors)
    questions = [
        *[Question(say.DOES_ROTATE, say.TURNED if turns else say.UNTURNED, "does it rotate", {"thing": thing})] * 2,
        happening(take, actors, say.ROTATES if turns else say.NOTHING),
        Question(say.SIZE_CHANGE, say.UNCHANGED, "size change", {"thing": thing}),
        *common_questions(take, actors),
        caption(
            f"{lead.a} rotates" if turns else f"a still {lead.word.en}",
            f"{lead.word.zh}旋转" if turns else f"静止的{lead.word.zh}",
        ),
    ]
    if turns and lead.shape in _LOPSIDED:
        answer = say.CLOCKWISE if sense > 0 else say.COUNTER
        questions += [Question(say.ROTATION, answer, "rotation sense", {"thing": thing})] * 3
    if not turns:
        questions.append(does_move(take, lead, actors, False))
    return Shot(tuple(actors), tuple(questions))
