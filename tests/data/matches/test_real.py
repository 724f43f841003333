"""Names of real sets, over small domains in their place."""

import numpy as np

from sensorium.data.matches.real import Named, clothes_names, photo_names, sound_names
from sensorium.data.phrasing import Word
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import Image


class Two:
    """Ones and zeros, told in English or Chinese."""

    name = "two"
    validation_size = 2

    def train(self, rng: np.random.Generator) -> Sample:
        which = int(rng.integers(2))
        answer = ("cat", "狗")[which]
        turns = (Turn("Is it?", "yes", "is it"), Turn("What?", answer, "name"))
        return Sample((Image(np.full((8, 8, 3), which, np.uint8)),), turns, self.name)

    def validation(self, index: int) -> Sample:
        image = Image(np.full((8, 8, 3), index, np.uint8))
        return Sample((image,), (Turn("What?", ("cat", "dog")[index], "name"),), self.name)


NAMES = {"c": (Word("cat", "猫"), Word("a cat", "猫")), "d": (Word("dog", "狗"),)}


def test_the_key_is_that_of_the_answer_whatever_its_language() -> None:
    draw = Named(Two(), NAMES, kind="name").draw(np.random.default_rng(0))
    rng = np.random.default_rng(0)
    for match in (draw(rng) for _ in range(40)):
        assert isinstance(match.media[0], Image)
        assert match.key == ("c", "d")[match.media[0].pixels[0, 0, 0]]
        assert any(name in match.words for word in NAMES[match.key] for name in (word.en, word.zh))


def test_held_out_media_have_a_plain_name() -> None:
    named = Named(Two(), NAMES, kind="name")
    assert [named.held_out(index).words for index in range(named.size)] == ["a cat", "dog"]


def test_every_class_has_names_of_its_own() -> None:
    for names in (photo_names(), clothes_names(), sound_names()):
        said = [word.en for words in names.values() for word in {word.en: word for word in words}.values()]
        assert len(said) == len({*said})
