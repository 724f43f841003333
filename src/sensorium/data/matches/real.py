"""Matches of the real sets: photographs, clothes, sounds, and what is both seen and heard."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from sensorium.data.matches.match import Draw, Match
from sensorium.data.matches.wordings import HEARD, HEARD_ZH, SHOWN, SHOWN_ZH, say
from sensorium.data.phrasing import Word
from sensorium.data.readers.caltech import Caltech
from sensorium.data.readers.caltech_names import NAMES
from sensorium.data.readers.esc10 import CAPTIONS, SOUNDS, Esc10
from sensorium.data.readers.fashion import CLOTHES
from sensorium.data.readers.questions import Thing
from sensorium.data.sample import Domain
from sensorium.data.synthetic.draws import one_of
from sensorium.media.types import Media

_SEED = 7_101

_HEARD_AS: Mapping[str, tuple[Word, ...]] = MappingProxyType(
    {
        "dog": (Word("dog", "狗"), Word("a dog", "一只狗"), Word("a barking dog", "狗叫声")),
        "rain": (Word("falling rain", "下雨"),),
        "sea_waves": (Word("waves", "海浪"), Word("the sea", "大海")),
        "crying_baby": (Word("a crying baby", "哭泣的婴儿"), Word("a baby", "婴儿")),
        "clock_tick": (Word("a clock", "钟表"), Word("a ticking clock", "滴答作响的钟")),
        "sneezing": (Word("a sneeze", "喷嚏"),),
        "helicopter": (Word("a helicopter", "一架直升机"),),
        "chainsaw": (Word("a chainsaw", "电锯声"), Word("a saw", "锯")),
        "rooster": (Word("rooster", "公鸡"), Word("a rooster", "一只公鸡"), Word("a crowing rooster", "公鸡叫")),
        "crackling_fire": (Word("a fire", "火"), Word("fire", "火焰")),
    }
)
_SEEN_AND_HEARD = (
    ("dalmatian", "dog", (Word("dog", "狗"), Word("a dog", "一只狗"))),
    ("rooster", "rooster", (Word("rooster", "公鸡"), Word("a rooster", "一只公鸡"))),
    ("helicopter", "helicopter", (Word("helicopter", "直升机"), Word("a helicopter", "一架直升机"))),
)
"""Class of a photograph, class of a sound, and names of what both are."""


class SeenAndHeard:
    """A photograph and a sound of the same thing, and its name."""

    size = 60

    def __init__(self, photos: Caltech, sounds: Esc10) -> None:
        self._photos = photos
        self._sounds = sounds

    def draw(self, rng: np.random.Generator) -> Draw:
        """Nothing is in common."""

        def draw(rng: np.random.Generator) -> Match:
            photo, sound, names = one_of(rng, _SEEN_AND_HEARD)
            media: tuple[Media, ...] = (self._photos.photo(rng, photo, False), self._sounds.sound(rng, sound, False))
            return Match(media, (), "echoes", words=say(rng, names, SHOWN, SHOWN_ZH), key=sound)

        return draw

    def held_out(self, index: int) -> Match:
        """A held-out photograph, and a sound of the fold that is held out."""
        rng = np.random.default_rng([_SEED, index])
        photo, sound, names = _SEEN_AND_HEARD[index % len(_SEEN_AND_HEARD)]
        media: tuple[Media, ...] = (self._photos.photo(rng, photo, True), self._sounds.sound(rng, sound, True))
        return Match(media, (), "echoes", words=names[1].en, key=sound)


class Named:
    """Media of a domain that asks for names, with these names."""

    def __init__(
        self,
        domain: Domain,
        names: Mapping[str, Sequence[Word]],
        *,
        kind: str,
        sentences: tuple[Sequence[str], Sequence[str]] = (SHOWN, SHOWN_ZH),
    ) -> None:
        """Build.

        Args:
            domain: of which each sample has a turn of `kind`, whose answer is the first of the names of a class.
            names: of each class, by its key.
            kind: of the turn.
            sentences: that names are put in, English and Chinese.
        """
        self._domain = domain
        self._names = names
        self._kind = kind
        self._sentences = sentences
        self._keys = {answer: key for key, words in names.items() for answer in (words[0].en, words[0].zh)}

    @property
    def size(self) -> int:
        """As many as the domain holds out."""
        return self._domain.validation_size

    def draw(self, rng: np.random.Generator) -> Draw:
        """Nothing is in common."""

        def draw(rng: np.random.Generator) -> Match:
            sample = self._domain.train(rng)
            key = self._keys[next(turn.answer for turn in sample.turns if turn.kind == self._kind)]
            words = say(rng, self._names[key], *self._sentences)
            return Match(sample.media, (), self._domain.name, words=words, key=key)

        return draw

    def held_out(self, index: int) -> Match:
        """A held-out medium and its first name with an article, if it has one."""
        sample = self._domain.validation(index)
        key = self._keys[sample.turns[0].answer]
        words = self._names[key]
        return Match(sample.media, (), self._domain.name, words=words[min(1, len(words) - 1)].en, key=key)


def thing_names(thing: Thing) -> tuple[Word, ...]:
    """Without and with an article."""
    return (thing.word, thing.a) if thing.article else (thing.word,)


def photo_names() -> dict[str, tuple[Word, ...]]:
    """By the English name of each class of photographs."""
    return {thing.word.en: thing_names(thing) for thing in NAMES.values()}


def clothes_names() -> dict[str, tuple[Word, ...]]:
    """By the English name of each piece of clothing."""
    return {thing.word.en: thing_names(thing) for thing in CLOTHES}


def sound_names() -> dict[str, tuple[Word, ...]]:
    """By the label of each sound."""
    return {label: (thing.word, *_HEARD_AS[label], CAPTIONS[label]) for label, thing in SOUNDS.items()}


SOUND_SENTENCES = (HEARD, HEARD_ZH)
