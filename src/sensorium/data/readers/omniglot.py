"""Omniglot, a part: handwritten characters of five alphabets. The last four of twenty drawers are held out.

Half of the samples show one character (which alphabet, and for Latin and Greek which letter), half show two by
different hands: the same character or not, and if not, then half of the time of the same alphabet.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import augment_glyph, shrink
from sensorium.data.phrasing import NO, YES, Phrasing, Word, ask
from sensorium.data.readers.files import as_image, decode_picture, read_archive
from sensorium.data.readers.grey import coloured, invert
from sensorium.data.readers.questions import DESCRIBE, Maker, Thing, examine, is_it, talk, which_of
from sensorium.data.readers.splits import checked
from sensorium.data.sample import Sample, Turn

ALPHABETS = {
    "Balinese": Thing(Word("Balinese", "巴厘文"), ""),
    "Early_Aramaic": Thing(Word("Early Aramaic", "早期阿拉米文"), ""),
    "Greek": Thing(Word("Greek", "希腊文"), ""),
    "Korean": Thing(Word("Korean", "韩文"), ""),
    "Latin": Thing(Word("Latin", "拉丁文"), ""),
}
LETTERS = {
    "Latin": tuple("abcdefghijklmnopqrstuvwxyz"),
    "Greek": (
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
        *("nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    ),
}
"""The characters of these two alphabets come in the usual order."""

WHICH_ALPHABET = Phrasing(
    en=(
        *("Which alphabet is this?",) * 3,
        *("What is this?",) * 2,
        "Which alphabet is this character from?",
        "What alphabet is it?",
        "Which script is this?",
        "What script is this character from?",
        "From which alphabet is this letter?",
        "What writing system is this?",
        "Which alphabet does this letter belong to?",
    ),
    zh=("这是哪种文字？", "这个字符属于哪种文字？", "这是什么文字？", "这是什么？", "是哪种文字"),
)
IS_ALPHABET = Phrasing(
    en=(
        "Is it {thing}?",
        "Is this {thing}?",
        "Is this a {thing} character?",
        "Is the script {thing}?",
        "Is this letter {thing}?",
        "Does it belong to {thing}?",
        "Is that {thing} writing?",
        "Is the alphabet {thing}?",
    ),
    zh=("这是{thing}吗？", "是{thing}吗", "这个字符是{thing}吗？", "这是不是{thing}？"),
)
WHICH_LETTER = Phrasing(
    en=(
        *("Which letter is this?",) * 3,
        "What letter is this?",
        "Which letter is it?",
        "Read the letter.",
        "Which letter is written here?",
        "What letter is written in the picture?",
        "Name the letter.",
        "Which letter do you see?",
    ),
    zh=("这是哪个字母？", "这是什么字母？", "是哪个字母", "请读出这个字母。", "写的是哪个字母？"),
)
SAME_CHARACTER = Phrasing(
    en=(
        *("Is it the same character?",) * 2,
        *("Are these the same character?",) * 2,
        "Do both pictures show the same character?",
        "Are the two characters the same?",
        "Is the character in both pictures the same?",
        "Same character?",
        "Are they the same letter?",
        "Do these two pictures show one and the same character?",
    ),
    zh=(
        "这两个是同一个字符吗？",
        "两张图是同一个字符吗？",
        "是同一个字符吗",
        "这两个字符是相同的吗？",
        "是不是同一个字？",
    ),
)

SIDES = (56, 64, 80, 105)
"""Sides that training pictures are scaled to, in pixels."""

Drawings = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class _Character:
    """Its alphabet, its place in it, and its drawings uint8 [drawers, side, side] by two groups of drawers."""

    alphabet: str
    place: int
    train: Drawings
    held_out: Drawings

    def drawings(self, rng: np.random.Generator, held: bool, count: int = 1) -> Drawings:
        """So many drawings [count, side, side], each by another hand."""
        drawings = self.held_out if held else self.train
        return drawings[rng.choice(len(drawings), size=count, replace=False)]


class Omniglot:
    """The characters of `folder`; read when first used. `held_out` drawers of each are for validation."""

    name = "omniglot"
    validation_size = 200

    def __init__(self, folder: Path, *, held_out: int = 4) -> None:
        self._folder = folder
        self._held_out = held_out

    @cached_property
    def _characters(self) -> dict[str, list[_Character]]:
        """By alphabet."""
        found: dict[tuple[str, str], list[tuple[str, Drawings]]] = {}
        for name, content in read_archive(self._folder / "images_background_small1.zip", ".png"):
            alphabet, character = PurePosixPath(name).parts[-3:-1]
            drawer = PurePosixPath(name).stem.rpartition("_")[2]
            found.setdefault((alphabet, character), []).append((drawer, decode_picture(content, name)[:, :, 0]))
        characters: dict[str, list[_Character]] = {alphabet: [] for alphabet in ALPHABETS}
        for (alphabet, _), drawn in sorted(found.items(), key=lambda entry: entry[0]):
            if alphabet in characters:
                drawings = np.stack([drawing for _, drawing in sorted(drawn, key=lambda entry: entry[0])])
                train, held = drawings[: -self._held_out], drawings[-self._held_out :]
                characters[alphabet].append(_Character(alphabet, len(characters[alphabet]), train, held))
        poor = [alphabet for alphabet, members in characters.items() if len(members) < 2]
        if poor:
            raise UnreadableMedia(f"{self.name}: under two characters of {', '.join(poor)}. Fetch the set again.")
        return characters

    def train(self, rng: np.random.Generator) -> Sample:
        """One or two characters by training drawers, with several questions."""
        first = self._draw(rng)
        if rng.random() < 0.5:
            drawings = first.drawings(rng, held=False)
            primary = ask(rng, WHICH_ALPHABET, ALPHABETS[first.alphabet].word, "alphabet")
            makers = _makers(first)
        else:
            second = self._partner(rng, first, same=rng.random() < 0.5)
            drawings = _both(rng, first, second, held=False)
            primary = ask(rng, SAME_CHARACTER, YES if second is first else NO, "same")
            makers = [partial(_ask_caption, characters=(first, second))]
        images = tuple(as_image(_vary(drawing, rng), self.name) for drawing in drawings)
        return Sample(images, talk(rng, primary, makers, "image"), self.name)

    def validation(self, index: int) -> Sample:
        """Held-out drawings: by turns the alphabet of one, and whether two are the same character.

        Raises: UsageError for an index out of range.
        """
        rng = np.random.default_rng(checked(index, self.validation_size, self.name))
        names = tuple(ALPHABETS)
        first = self._draw(rng, names[index // 2 % len(names)])
        if index % 2 == 0:
            turns = examine(
                index // 2, "Which alphabet is this?", WHICH_ALPHABET, ALPHABETS[first.alphabet].word, "alphabet"
            )
            drawings = first.drawings(rng, held=True)
        else:
            second = self._partner(rng, first, same=index % 4 == 1)
            answer = YES if second is first else NO
            turns = examine(index // 2, "Are these the same character?", SAME_CHARACTER, answer, "same")
            drawings = _both(rng, first, second, held=True)
        images = tuple(as_image(drawing, self.name) for drawing in drawings)
        return Sample(images, turns, self.name)

    def _draw(self, rng: np.random.Generator, alphabet: str | None = None) -> _Character:
        names = tuple(ALPHABETS)
        members = self._characters[alphabet or names[int(rng.integers(len(names)))]]
        return members[int(rng.integers(len(members)))]

    def _partner(self, rng: np.random.Generator, first: _Character, *, same: bool) -> _Character:
        """`first` itself, or another character, half of the time of its alphabet."""
        if same:
            return first
        if rng.random() < 0.5:
            members = [other for other in self._characters[first.alphabet] if other is not first]
            return members[int(rng.integers(len(members)))]
        others = [name for name in ALPHABETS if name != first.alphabet]
        return self._draw(rng, others[int(rng.integers(len(others)))])


def _both(rng: np.random.Generator, first: _Character, second: _Character, *, held: bool) -> Drawings:
    """One drawing of each [2, side, side], by two hands where it is the same character."""
    if second is first:
        return first.drawings(rng, held, 2)
    return np.concatenate([first.drawings(rng, held), second.drawings(rng, held)])


def _vary(drawing: Drawings, rng: np.random.Generator) -> Drawings:
    return invert(shrink(augment_glyph(coloured(drawing), rng), rng, sides=SIDES), rng, 0.2)


def _makers(character: _Character) -> list[Maker]:
    thing = ALPHABETS[character.alphabet]
    others = [other for name, other in ALPHABETS.items() if name != character.alphabet]
    makers: list[Maker] = [
        partial(is_it, thing=thing, others=others, phrasing=IS_ALPHABET),
        partial(which_of, thing=thing, others=others),
        partial(_ask_caption, characters=(character,)),
    ]
    letters = LETTERS.get(character.alphabet, ())
    if character.place < len(letters):
        makers += [partial(ask, phrasing=WHICH_LETTER, answer=letters[character.place], kind="letter")] * 2
    return makers


def _ask_caption(rng: np.random.Generator, characters: tuple[_Character, ...]) -> Turn:
    words = [ALPHABETS[character.alphabet].word for character in characters]
    if len(words) == 1:
        caption = Word(f"A handwritten {words[0].en} character.", f"一个手写的{words[0].zh}字符。")
    else:
        caption = Word("Two handwritten characters.", "两个手写字符。")
    return ask(rng, DESCRIBE, caption, "caption", weight=0.2)
