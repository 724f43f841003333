"""Matches that are made: scenes, films, sounds and lines, with their captions."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sensorium.data.matches.match import Draw, Match
from sensorium.data.matches.wordings import CHINESE, FILMED, HEARD, SHOWN, opposite
from sensorium.data.phrasing import Word
from sensorium.data.synthetic import events, motions, rhythms, sounds, waves
from sensorium.data.synthetic.draws import one_of, weighted
from sensorium.data.synthetic.film import build_stage, draw_size, paint
from sensorium.data.synthetic.fonts import held_out_faces, train_faces
from sensorium.data.synthetic.heard import Draw as Pitches
from sensorium.data.synthetic.heard import Heard
from sensorium.data.synthetic.layout import HELD_OUT_PAIRS, Item, Scene
from sensorium.data.synthetic.names import COLOURS, SHAPES, SIZES
from sensorium.data.synthetic.scene_facts import caption
from sensorium.data.synthetic.scenes import draw_scene
from sensorium.data.synthetic.takes import Shot, Take
from sensorium.data.synthetic.text_lines import draw_line
from sensorium.data.synthetic.truths import Question
from sensorium.data.synthetic.words import HELD_OUT_WORDS, TRAIN_WORDS
from sensorium.media.types import AudioClip, Media

_SEED = 7_102
_CANVASES = (
    *((64, 64),) * 6, *((80, 80),) * 3, (96, 96), (64, 96), (96, 64), (48, 48), (112, 80), (112, 112), (150, 150),
)  # fmt: skip

_TOLD = ((0.55, "all"), (0.27, "shapes"), (0.18, "colours"))
"""What the captions of a batch tell. Shapes in colours of any kind, without a word of these, are told apart by their
form alone; so a shape is known in a colour that it never had."""


class CaptionedScenes:
    """Scenes, and a phrase about the whole of each."""

    size = 1_000

    def draw(self, rng: np.random.Generator) -> Draw:
        """A batch has one size, and all of its words tell shapes and colours, or shapes alone, or colours alone."""
        size, told = one_of(rng, _CANVASES), weighted(rng, _TOLD)

        def draw(rng: np.random.Generator) -> Match:
            scene, picture = draw_scene(rng, size, nameless=told == "shapes")
            if told == "colours":
                scene = replace(scene, items=tuple(replace(item, shape="") for item in scene.items))
            words = caption(scene)
            if rng.random() < CHINESE:
                return Match((picture,), (), "scenes", words=words.zh, key=words.en)
            against = caption(altered(rng, scene)).en
            said = one_of(rng, SHOWN).replace("{}", words.en)
            return Match((picture,), (), "scenes", words=said, key=words.en, against=_unlike(against, words.en))

        return draw

    def held_out(self, index: int) -> Match:
        """A scene with looks that training never shows."""
        rng = np.random.default_rng([_SEED, index])
        scene, picture = draw_scene(rng)
        words = caption(scene).en
        against = _unlike(caption(altered(rng, scene)).en, words)
        return Match((picture,), (), "scenes", words=words, key=words, against=against)


def altered(rng: np.random.Generator, scene: Scene) -> Scene:
    """The scene with one thing changed: two items change looks or places, or one gets another colour, shape or size."""
    items = list(scene.items)
    first, *others = (int(place) for place in rng.permutation(len(items)))
    one = items[first]
    other = next((place for place in others if _look(items[place]) != _look(one)), None)
    if other is not None and rng.random() < 0.7:
        two = items[other]
        if len(items) == 2 and rng.random() < 0.5:
            items[first], items[other] = replace(one, x=two.x, y=two.y), replace(two, x=one.x, y=one.y)
        else:
            items[first], items[other] = _as(one, two), _as(two, one)
    elif rng.random() < 0.5:
        items[first] = replace(one, size=one_of(rng, [size for size in SIZES if size != one.size]))
    elif one.colour:
        near = [name for name in COLOURS if name != one.colour and (one.shape, name) not in HELD_OUT_PAIRS]
        items[first] = replace(one, colour=one_of(rng, near))
    else:
        items[first] = replace(one, shape=one_of(rng, [name for name in SHAPES if name != one.shape]))
    return replace(scene, items=tuple(items))


def _look(item: Item) -> str:
    """What is told first: the colour, or the shape where colours have no name."""
    return item.colour or item.shape


def _as(item: Item, other: Item) -> Item:
    """The item with the colour of the other, or its shape where colours have no name."""
    return replace(item, colour=other.colour) if item.colour else replace(item, shape=other.shape)


_FILMS: tuple[tuple[float, Callable[[Take], Shot]], ...] = (
    (2.6, motions.travel), (1.0, motions.turn_back), (0.7, motions.race), (0.7, motions.meet), (1.0, motions.bounce),
    (0.8, motions.still), (0.9, events.appear), (0.9, events.vanish), (0.9, events.arrive), (0.9, events.blink),
    (0.9, events.recolour), (1.2, events.resize), (0.9, events.rotate),
)  # fmt: skip
_ANYBODY = 0.4
"""Share of batches in which it does not count who does it."""


class CaptionedFilms:
    """Films of moving shapes, and what happens; in some batches "a shape" does it, whichever it is."""

    size = 780

    def draw(self, rng: np.random.Generator) -> Draw:
        """A batch has one size, and all of its words tell who, or none."""
        size, anybody = draw_size(rng), rng.random() < _ANYBODY

        def draw(rng: np.random.Generator) -> Match:
            take = Take(rng, build_stage(rng, size), held_out=False)
            return self._match(take, weighted(rng, _FILMS), anybody=anybody)

        return draw

    def held_out(self, index: int) -> Match:
        """The scenarios in turn, with looks that training leaves out; every second time whoever does it."""
        rng = np.random.default_rng([_SEED, index])
        take = Take(rng, build_stage(rng, draw_size(rng)), held_out=True)
        scenario = _FILMS[index // 2 % len(_FILMS)][1]
        return self._match(take, scenario, anybody=index % 2 == 1, plain=True)

    def _match(self, take: Take, scenario: Callable[[Take], Shot], *, anybody: bool, plain: bool = False) -> Match:
        shot = scenario(take)
        film = paint(take.rng, take.stage, shot.actors)
        said = _caption(shot.questions)
        words = nameless(said.en, shot) if anybody else said.en
        return _told(take.rng, film, Word(words, "" if anybody else said.zh), FILMED, plain=plain)


def nameless(words: str, shot: Shot) -> str:
    """Words of a film with "a shape" for each of its actors."""
    for actor in shot.actors:
        words = words.replace(actor.a, "a shape").replace(actor.word.en, "shape").replace(f"a {actor.shape}", "a shape")
    return words


_SOUNDS: tuple[tuple[float, Callable[[Pitches], Heard]], ...] = (
    (2.0, rhythms.beeps), (1.0, rhythms.knocks), (0.8, rhythms.pause), (1.2, rhythms.melody), (0.8, rhythms.odd_one),
    (1.6, sounds.steady), (1.0, sounds.glide), (0.6, sounds.chord), (0.7, sounds.noise), (0.3, sounds.silence),
    (0.6, sounds.moment), (0.7, sounds.order), (0.8, sounds.comparison),
)  # fmt: skip


class CaptionedSounds:
    """Made sounds, and what is heard."""

    size = 390

    def draw(self, rng: np.random.Generator) -> Draw:
        """Nothing is in common."""

        def draw(rng: np.random.Generator) -> Match:
            return self._match(Pitches(rng, held_out=False), weighted(rng, _SOUNDS))

        return draw

    def held_out(self, index: int) -> Match:
        """The scenarios in turn, on pitches that training leaves out."""
        rng = np.random.default_rng([_SEED, index])
        return self._match(Pitches(rng, held_out=True), _SOUNDS[index % len(_SOUNDS)][1], plain=True)

    def _match(self, pitches: Pitches, scenario: Callable[[Pitches], Heard], *, plain: bool = False) -> Match:
        heard = scenario(pitches)
        clip = AudioClip(waves.finish(pitches.rng, heard.samples, noisy=heard.noisy), source="tones")
        return _told(pitches.rng, clip, _caption(heard.questions), HEARD, plain=plain)


class Lines:
    """Lines of text, and what they say."""

    size = 500
    _widths = (32, 48, 64, 96, 128, 192, 256)
    _longest = 16

    def draw(self, rng: np.random.Generator) -> Draw:
        """Nothing is in common."""

        def draw(rng: np.random.Generator) -> Match:
            line, picture = draw_line(rng, train_faces(), TRAIN_WORDS, longest=self._longest, widths=self._widths)
            sentence = one_of(rng, ("{}", "{}", 'the text "{}"', "a picture of the words {}", '"{}"'))
            return Match((picture,), (), "reading", words=sentence.replace("{}", line.text), key=line.text)

        return draw

    def held_out(self, index: int) -> Match:
        """Faces that training never uses, and mostly words that it never shows."""
        rng = np.random.default_rng([_SEED, index])
        line, picture = draw_line(rng, held_out_faces(), HELD_OUT_WORDS, longest=self._longest)
        return Match((picture,), (), "reading", words=line.text, key=line.text)


def _told(rng: np.random.Generator, medium: Media, words: Word, sentences: Sequence[str], *, plain: bool) -> Match:
    """A medium and its caption, in Chinese now and then if it has one; `plain` leaves it as it is."""
    against = opposite(words.en)
    if plain:
        return Match((medium,), (), medium.source, words=words.en, key=words.en, against=against)
    if words.zh and rng.random() < CHINESE:
        return Match((medium,), (), medium.source, words=words.zh, key=words.en)
    said = one_of(rng, sentences).replace("{}", words.en)
    return Match((medium,), (), medium.source, words=said, key=words.en, against=against)


def _caption(questions: Sequence[Question]) -> Word:
    """The answer to the one question for a caption."""
    answer = next(question.answer for question in questions if question.kind == "caption")
    return answer if isinstance(answer, Word) else Word(str(answer), str(answer))


def _unlike(against: str, words: str) -> str:
    return against if against != words else ""
